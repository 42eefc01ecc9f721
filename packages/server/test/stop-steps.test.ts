import { type Clock, silentLogger } from "@goverse/core";
import { expect, test } from "vitest";
import { runStopSteps } from "../src/stop-steps.ts";

/** A clock whose timers run when the time is moved. */
function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let nowMs = 0;
  const timers: { atMs: number; callback: () => void }[] = [];
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      timers.push({ atMs: nowMs + delayMs, callback });
      return { cancel: () => {} };
    },
    advance: async (ms) => {
      nowMs += ms;
      for (const timer of timers.splice(0)) if (timer.atMs <= nowMs) timer.callback();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("steps run in order, each with the time that is left, and neither a failure nor a hang ends the row", async () => {
  const clock = manualClock();
  const log: string[] = [];
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (text: string) => warnings.push(text),
    error: (text: string) => warnings.push(text),
  };
  const stopped = runStopSteps(
    [
      { name: "quick", run: (leftMs) => void log.push(`quick ${leftMs}`) },
      { name: "fails", run: () => Promise.reject(new Error("no")) },
      { name: "hangs", run: (leftMs) => (log.push(`hangs ${leftMs}`), new Promise(() => {})) },
      { name: "last", run: async (leftMs) => log.push(`last ${leftMs}`) },
    ],
    1000,
    { clock, logger },
  );
  await clock.advance(0);
  expect(log).toEqual(["quick 1000", "hangs 1000"]);
  await clock.advance(1500);
  await stopped;
  expect(log).toEqual(["quick 1000", "hangs 1000", "last 0"]);
  expect(warnings).toEqual(["a step of the stop failed", "a step of the stop took too long and was cut"]);
});
