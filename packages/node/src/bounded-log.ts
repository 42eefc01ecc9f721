import type { Clock, LogFields, Logger } from "@goverse/core";

/** Messages per second. Enough to see every kind of failure, too few to fill a disk when each of a million calls fails. */
const MAX_PER_SECOND = 10;
const WINDOW_MS = 1_000;

/**
 * A log for what calls can cause, and therefore in any number: bounded in rate, and safe to call where nothing may throw. What was
 * left out is counted in the next message.
 */
export class BoundedLog {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #written = 0;
  #leftOut = 0;

  constructor(logger: Logger, clock: Pick<Clock, "monotonicMs">) {
    this.#logger = logger;
    this.#clock = clock;
  }

  error(message: string, fields: LogFields): void {
    this.#write("error", message, fields);
  }

  warn(message: string, fields: LogFields): void {
    this.#write("warn", message, fields);
  }

  #write(level: "error" | "warn", message: string, fields: LogFields): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#written = 0;
    }
    if (this.#written >= MAX_PER_SECOND) {
      this.#leftOut += 1;
      return;
    }
    this.#written += 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    try {
      this.#logger[level](message, leftOut === 0 ? fields : { ...fields, leftOutBefore: leftOut });
    } catch {
      // A logger that fails must not fail the call that it was to describe.
    }
  }
}
