import type { Clock } from "@goverse/core";
import type { Readiness } from "@goverse/host";
import { expect, test } from "vitest";
import { ReadinessWatch } from "../src/readiness-watch.ts";

/** A clock with one timer. */
function oneTimerClock(): Clock & { fire(): void } {
  let callback: (() => void) | undefined;
  return {
    monotonicMs: () => 0,
    wallMs: () => 0,
    setTimer: (_delayMs, next) => {
      callback = next;
      return { cancel: () => (callback = undefined) };
    },
    fire: () => callback?.(),
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
  clock.fire();
  now = { ready: true };
  clock.fire();
  watch.close();
  clock.fire();
  unsubscribe();
  expect(heard).toEqual(["ready", "etcd has been silent", "ready", "stopping"]);
});

test("who waits for a process that stops instead is told", async () => {
  const watch = new ReadinessWatch(() => ({ ready: false, reason: "starting" }), oneTimerClock());
  const first = watch.first;
  watch.close();
  await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
});
