import type { EtcdClock, EtcdTimer } from "../ports.ts";
import type { EtcdStore } from "../store/etcd-store.ts";
import type { PauseGate } from "./pause-gate.ts";

/** Calls the store's progress tick at an interval; the result stops it. */
export function startProgressTicks(
  store: EtcdStore,
  clock: EtcdClock,
  gate: PauseGate,
  intervalMs: number,
): () => void {
  let timer: EtcdTimer;
  const schedule = (): void => {
    timer = clock.setTimer(intervalMs, () => {
      if (!gate.paused) store.tickProgress();
      schedule();
    });
  };
  schedule();
  return () => timer.cancel();
}
