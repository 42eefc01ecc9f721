import type { Clock } from "@goverse/core";

/**
 * The default clock. Its timers keep the process alive, because they stand for somebody who waits: a call that is about to be sent
 * again, a program that only listens while its gate restarts. `close()` ends them all.
 */
export const clientClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
