import type { Clock, Logger } from "@goverse/core";

/** One step of a stop. */
export interface StopStep {
  /** For the log: `hand shards over`. */
  readonly name: string;
  /** @param leftMs Time until the whole stop must be done, at least 0. */
  readonly run: (leftMs: number) => Promise<unknown> | void;
}

/**
 * Runs the steps one after the other. One that fails or is not done at the deadline is logged and left behind, so that the ones
 * after it still run: a stop that hangs would leave ports and registrations to be found by others.
 * @param deadlineMs On the clock's monotonic time.
 */
export async function runStopSteps(
  steps: readonly StopStep[],
  deadlineMs: number,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  for (const { name, run } of steps) {
    const leftMs = Math.max(0, deadlineMs - clock.monotonicMs());
    try {
      const ended = await Promise.race([Promise.resolve(run(leftMs)).then(() => true), after(clock, leftMs)]);
      if (!ended) logger.warn("a step of the stop took too long and was cut", { step: name });
    } catch (error) {
      logger.error("a step of the stop failed", { step: name, error });
    }
  }
}

function after(clock: Clock, delayMs: number): Promise<false> {
  return new Promise((resolve) => clock.setTimer(delayMs, () => resolve(false)));
}
