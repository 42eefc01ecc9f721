/** Time as a parameter: the system's clock in production, a manual one in tests and in the simulator. */
export interface Clock {
  /** Milliseconds that only grow, with an arbitrary start. For durations, deadlines and leases. */
  monotonicMs(): number;
  /** Milliseconds since 1970. For people and logs; it may jump, so never for safety. */
  wallMs(): number;
  /** Calls `callback` once after `delayMs`. A pending timer does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** A pending timer. */
export interface Timer {
  /** Forgets the callback. Harmless when it has run. */
  cancel(): void;
}

/** The clock of this process. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer: { unref?: () => void } & ReturnType<typeof setTimeout> = setTimeout(callback, delayMs);
    // Only Node has it: in a browser a timer is a number.
    timer.unref?.();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs` on `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(delayMs, resolve));
}
