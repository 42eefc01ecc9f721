import type { ProfilingClock } from "../ports.ts";

/** Why a wait is over. */
export type WaitEnd = "elapsed" | "client gone" | "stopping";

/** Waits for the length of a profile: less when the client goes or the profiling is stopped. */
export function waitFor(
  durationMs: number,
  {
    clock,
    clientGone,
    stopping,
  }: { readonly clock: ProfilingClock; readonly clientGone: AbortSignal; readonly stopping: AbortSignal },
): Promise<WaitEnd> {
  return new Promise((resolve) => {
    const finish = (end: WaitEnd): void => {
      timer.cancel();
      clientGone.removeEventListener("abort", onGone);
      stopping.removeEventListener("abort", onStop);
      resolve(end);
    };
    const onGone = (): void => finish("client gone");
    const onStop = (): void => finish("stopping");
    const timer = clock.setTimer(durationMs, () => finish("elapsed"));
    clientGone.addEventListener("abort", onGone);
    stopping.addEventListener("abort", onStop);
    if (clientGone.aborted) onGone();
    else if (stopping.aborted) onStop();
  });
}
