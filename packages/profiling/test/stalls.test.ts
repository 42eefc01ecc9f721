import { Session } from "node:inspector/promises";
import { describe, expect, test } from "vitest";
import { Heartbeat } from "../src/stalls/heartbeat.ts";
import { burn, decodeAnswer, startService } from "./support/service.ts";

describe("the heartbeat", () => {
  test("notes turns that come too late, and those only", () => {
    let nowMs = 0;
    const heartbeat = new Heartbeat({ thresholdMs: 50, nowUs: () => nowMs * 1000 });
    for (const passedMs of [20, 25, 70, 71, 20, 320, 1]) {
      nowMs += passedMs;
      heartbeat.beat();
    }
    expect(heartbeat.drain().map(({ fromUs, toUs }) => (toUs - fromUs) / 1000)).toEqual([71, 320]);
    expect(heartbeat.drain()).toEqual([]);
  });

  test("forgets what no memory would hold", () => {
    let nowMs = 0;
    const heartbeat = new Heartbeat({ thresholdMs: 50, nowUs: () => nowMs * 1000 });
    for (let i = 0; i < 5000; i += 1) {
      nowMs += 1000;
      heartbeat.beat();
    }
    expect(heartbeat.drain().length).toBeLessThanOrEqual(1000);
  });
});

function plantedStall(durationMs: number): number {
  return burn(durationMs);
}

const turn = (delayMs = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe("the block profile", () => {
  test("shows three stalls within 15 %, in the function that caused them, and adds up for ever", async () => {
    const service = await startService({ heap: false });
    const before = await decodeAnswer(await service.get("/block"));
    const spentMs: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await turn(60);
      const startMs = performance.now();
      plantedStall(300);
      spentMs.push(performance.now() - startMs);
    }
    await turn(60);
    const after = await decodeAnswer(await service.get("/block"));
    const again = await decodeAnswer(await service.get("/block"));
    await service.stop();

    const here = /stalls\.test\.plantedStall$/;
    expect(before.sum("delay", here)).toBe(0);
    expect(after.types).toEqual(["contentions/count", "delay/nanoseconds"]);
    const trueNs = spentMs.reduce((sum, ms) => sum + ms * 1e6, 0);
    expect(after.sum("delay", here) / trueNs).toBeGreaterThan(0.85);
    expect(after.sum("delay", here) / trueNs).toBeLessThan(1.15);
    expect(after.sum("contentions", here)).toBe(3);
    expect(again.sum("delay", here)).toBeGreaterThanOrEqual(after.sum("delay", here));
  });

  test("and the CPU profile go on while a debugger records for itself", async () => {
    const debuggerSession = new Session();
    debuggerSession.connect();
    await debuggerSession.post("Profiler.enable");
    await debuggerSession.post("Profiler.start");
    const service = await startService({ heap: false });
    let isAnswered = false;
    const request = service.get("/profile?seconds=1").finally(() => (isAnswered = true));
    while (!isAnswered) {
      plantedStall(300);
      await turn(60);
    }
    const cpu = await decodeAnswer(await request);
    const block = await decodeAnswer(await service.get("/block"));
    const { profile } = await debuggerSession.post("Profiler.stop");
    await service.stop();
    debuggerSession.disconnect();
    expect(cpu.sum("cpu", /plantedStall$/)).toBeGreaterThan(200e6);
    expect(block.sum("delay", /plantedStall$/)).toBeGreaterThan(200e6);
    expect(profile.nodes.some(({ callFrame }) => callFrame.functionName === "plantedStall")).toBe(true);
  });
});
