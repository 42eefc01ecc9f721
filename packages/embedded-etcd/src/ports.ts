/** A pending timer. */
export interface EtcdTimer {
  /** Forgets the callback. Harmless when it has run. */
  cancel(): void;
}

/** Time as a parameter. The `Clock` of `@goverse/core` fits. */
export interface EtcdClock {
  /** Milliseconds that only grow, with an arbitrary start. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. A pending timer should not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): EtcdTimer;
}

/** Where messages go. The `Logger` of `@goverse/core` fits. */
export interface EtcdLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The clock of this process. */
export const systemClock: EtcdClock = {
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
