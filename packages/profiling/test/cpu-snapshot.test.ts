import { describe, expect, test } from "vitest";
import { createFrameResolver } from "../src/code/frame-resolver.ts";
import type { CpuProfile } from "../src/cpu/cpu-profile.ts";
import { toCpuSnapshot } from "../src/cpu/cpu-snapshot.ts";
import { attributeStalls } from "../src/stalls/attribute-stalls.ts";

const resolver = createFrameResolver({ root: "/app" });

function node(
  id: number,
  functionName: string,
  children: number[] = [],
  url = "file:///app/a.js",
): CpuProfile["nodes"][number] {
  const isMeta = functionName.startsWith("(");
  return {
    id,
    callFrame: { functionName, scriptId: "1", url: isMeta ? "" : url, lineNumber: id * 10, columnNumber: 0 },
    hitCount: 0,
    children,
  };
}

/** `main` calls `work`; beside them the engine's own nodes. Times are in microseconds. */
function profileOf(samples: number[], timeDeltas: number[], endTime: number): CpuProfile {
  return {
    nodes: [
      node(1, "(root)", [2, 3, 4, 6]),
      node(2, "(idle)"),
      node(3, "(garbage collector)"),
      node(4, "main", [5]),
      node(5, "work"),
      node(6, "(program)"),
    ],
    startTime: 1000,
    endTime,
    samples,
    timeDeltas,
  };
}

function timesOf(profile: CpuProfile, includeIdle = false): Record<string, number[]> {
  const snapshot = toCpuSnapshot(profile, { resolver, intervalUs: 10_000, includeIdle, takenAtMs: 0 });
  return Object.fromEntries(
    snapshot.samples.map(({ stack, values }) => [stack.map(({ name }) => name).join(" < "), [...values]]),
  );
}

describe("a recording becomes a profile", () => {
  test("a sample has the time until the next, the last one until the end", () => {
    expect(timesOf(profileOf([5, 4, 5], [0, 100, 200], 1350))).toEqual({
      "a.work < a.main": [2, 150_000],
      "a.main": [1, 200_000],
    });
  });

  test("time in which nothing ran is left out unless asked for", () => {
    const profile = profileOf([2, 5], [0, 500], 1600);
    expect(timesOf(profile)).toEqual({ "a.work < a.main": [1, 100_000] });
    expect(timesOf(profile, true)).toMatchObject({ "(idle)": [1, 500_000] });
  });

  test("collecting is charged to the code that ran before it", () => {
    const profile = profileOf([5, 3, 3, 2, 3], [0, 100, 100, 100, 100], 1500);
    expect(timesOf(profile)).toEqual({
      "a.work < a.main": [1, 100_000],
      "(garbage collector) < a.work < a.main": [2, 200_000],
      // After idling nobody is to blame.
      "(garbage collector)": [1, 100_000],
    });
  });

  test("native code without JavaScript on the stack is kept", () => {
    expect(timesOf(profileOf([6], [0], 1100))).toEqual({ "(program)": [1, 100_000] });
  });

  test("the time of a leaf is split by the lines it was seen at", () => {
    const profile = profileOf([5, 5, 5, 5], [0, 100, 100, 100], 1400);
    const work = profile.nodes[4];
    const ticks = [52, 52, 52, 53].map((line) => ({ line, ticks: 1 }));
    if (work !== undefined) work.positionTicks = [{ line: 52, ticks: 3 }, ...ticks.slice(3)];
    const { samples } = toCpuSnapshot(profile, { resolver, intervalUs: 10_000, includeIdle: false, takenAtMs: 0 });
    expect(samples.map(({ stack, values }) => [stack[0]?.line, ...values])).toEqual([
      [52, 3, 300_000],
      [53, 1, 100_000],
    ]);
  });

  test("a clock that goes back does no harm", () => {
    expect(timesOf(profileOf([5, 4], [0, -50], 1100))).toEqual({
      "a.work < a.main": [1, 0],
      "a.main": [1, 100_000],
    });
  });
});

describe("stalls are charged to what ran meanwhile", () => {
  const profile = profileOf([2, 5, 3, 4, 2], [0, 1000, 300, 50, 10], 3000);

  test("to the stacks inside, and the count to the longest of them", () => {
    const charges = attributeStalls(profile, [{ fromUs: 1500, toUs: 2360 }], resolver);
    expect(charges.map(({ stack, ...charge }) => ({ ...charge, stack: stack.map(({ name }) => name) }))).toEqual([
      { stack: ["a.work", "a.main"], stalls: 1, delayUs: 300 },
      { stack: ["(garbage collector)", "a.work", "a.main"], stalls: 0, delayUs: 50 },
      { stack: ["a.main"], stalls: 0, delayUs: 10 },
    ]);
  });

  test("only with their part of a stack that ran longer", () => {
    const charges = attributeStalls(profile, [{ fromUs: 2100, toUs: 2200 }], resolver);
    expect(charges.map(({ delayUs }) => delayUs)).toEqual([100]);
  });

  test("not to idle time: then something else kept the process from running", () => {
    expect(attributeStalls(profile, [{ fromUs: 1000, toUs: 1900 }], resolver)).toEqual([]);
  });
});
