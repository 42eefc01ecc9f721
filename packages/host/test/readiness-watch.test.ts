import type { Clock } from "@goverse/core";
import { expect, test } from "vitest";
import { type Readiness, ReadinessWatch } from "../src/index.ts";

/** A clock with one timer. */
function oneTimerClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0;
  let callback: (() => void) | undefined;
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    setTimer: (_delayMs, next) => {
      callback = next;
      return { cancel: () => (callback = undefined) };
    },
    advance: (ms) => {
      nowMs += ms;
      callback?.();
    },
  };
}

test("only changes are told, also those that only time brings", async () => {
  let now: Readiness = { ready: false, reason: "starting" };
  const clock = oneTimerClock();
  const watch = new ReadinessWatch(() => now, clock);
  const heard: string[] = [];
  const unsubscribe = watch.subscribe((readiness) => heard.push(readiness.ready ? "ready" : readiness.reason));
  watch.check();
  now = { ready: true };
  watch.check();
  watch.check();
  await watch.first;
  now = { ready: false, reason: "etcd has been silent" };
  clock.advance(500);
  clock.advance(1000);
  now = { ready: true };
  clock.advance(500);
  watch.close();
  clock.advance(500);
  unsubscribe();
  expect(heard).toEqual(["ready", "etcd has been silent", "ready", "stopping"]);
});

test("what is over within a second is not told", () => {
  let now: Readiness = { ready: true };
  const clock = oneTimerClock();
  const watch = new ReadinessWatch(() => now, clock);
  const heard: boolean[] = [];
  watch.subscribe(({ ready }) => heard.push(ready));
  watch.check();
  for (let n = 0; n < 5; n += 1) {
    now = { ready: false, reason: "64 of 8192 shards have no owner yet" };
    clock.advance(500);
    now = { ready: true };
    clock.advance(500);
  }
  expect(heard).toEqual([true]);
});

test("who waits for a process that stops instead is told", async () => {
  const watch = new ReadinessWatch(() => ({ ready: false, reason: "starting" }), oneTimerClock());
  const first = watch.first;
  watch.close();
  await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
});
