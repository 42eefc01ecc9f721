import { Session } from "node:inspector/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFrameResolver } from "../src/code/frame-resolver.ts";
import { HeapReader } from "../src/heap/heap-reader.ts";
import { type Decoded, decodeAnswer, type Service, startService } from "./support/service.ts";

const warnings: string[] = [];
let readings = 0;
let service: Service;

beforeAll(async () => {
  // Fine enough that a few megabytes are hundreds of samples; a number that many others divide.
  const heap = { intervalBytes: 16_380, maxAgeMs: 0, beforeRead: () => void (readings += 1) };
  const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  service = await startService({ heap, stalls: false, logger });
});

afterAll(() => service.stop());

class Planted {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  constructor(n: number) {
    this.a = n;
    this.b = n + 1;
    this.c = n + 2;
  }
}

function plant(count: number): Planted[] {
  const planted: Planted[] = [];
  for (let i = 0; i < count; i += 1) planted.push(new Planted(i));
  kept.push(planted);
  return planted;
}

/** Where each goes that is made, so that the engine cannot do without making it. */
let sink: readonly number[] = [];

function churn(count: number): number {
  for (let i = 0; i < count; i += 1) sink = [i, i + 1, i + 2, i + 3].map((value) => value * 2);
  return sink.length;
}

/** What has been planted stays: what went away would count against what came. */
const kept: Planted[][] = [];

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What the heap holds without its garbage. */
function liveBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const read = async (path: string): Promise<Decoded> => decodeAnswer(await service.get(path));
const here = /heap\.test\.(?:plant|Planted)$/;

describe("the heap profile", () => {
  test("has Go's values and shows what stays, in bytes and in objects", async () => {
    const before = await read("/heap?gc=1");
    const usedBefore = liveBytes();
    const count = 400_000;
    const planted = plant(count);
    const after = await read("/heap?gc=1");
    const used = liveBytes() - usedBefore;
    expect(after.types).toEqual([
      "alloc_objects/count",
      "alloc_space/bytes",
      "inuse_objects/count",
      "inuse_space/bytes",
    ]);
    expect([before.defaultType, after.period]).toEqual(["inuse_space", 16_380]);
    expect(after.comments.join()).toMatch(/rss=\d+ heapUsed=\d+/);

    const bytes = after.sum("inuse_space", here) - before.sum("inuse_space", here);
    const objects = after.sum("inuse_objects", here) - before.sum("inuse_objects", here);
    expect(bytes / used).toBeGreaterThan(0.9);
    expect(bytes / used).toBeLessThan(1.1);
    expect(objects / count).toBeGreaterThan(0.9);
    expect(objects / count).toBeLessThan(1.1);
    expect(planted).toHaveLength(count);
  });

  test("allocation adds up for ever, also what is gone already", async () => {
    const before = await read("/allocs?gc=1");
    churn(300_000);
    // Samples are numbered, and the numbers of those that are gone show when a later one is still there.
    plant(5000);
    const after = await read("/allocs?gc=1");
    expect(after.defaultType).toBe("alloc_space");
    const allocated = after.sum("alloc_space") - before.sum("alloc_space");
    expect(allocated).toBeGreaterThan(20_000_000);
    expect(after.sum("alloc_space", /freed before/)).toBeGreaterThan(before.sum("alloc_space", /freed before/));
    expect(after.sum("inuse_space")).toBeLessThan(before.sum("inuse_space") + allocated / 2);
  });

  test("a delta shows what was added meanwhile", async () => {
    const before = readings;
    const delta = service.get("/heap?seconds=1");
    await expect.poll(() => readings, { timeout: 5000 }).toBeGreaterThan(before);
    const planted = plant(100_000);
    const profile = await decodeAnswer(await delta);
    expect(profile.sum("inuse_objects", here) / planted.length).toBeGreaterThan(0.7);
    expect(profile.sum("inuse_objects", here) / planted.length).toBeLessThan(1.3);
    expect(profile.durationMs).toBeGreaterThan(900);
  });

  test("comes back when a debugger has stopped the sampler, and goes on adding up", async () => {
    const before = await read("/allocs?gc=1");
    const debuggerSession = new Session();
    debuggerSession.connect();
    await debuggerSession.post("HeapProfiler.stopSampling");
    debuggerSession.disconnect();
    const healed = await read("/allocs?gc=1");
    expect(warnings.join()).toContain("probably a debugger");
    expect(healed.sum("alloc_space")).toBeGreaterThanOrEqual(before.sum("alloc_space"));
    const planted = plant(100_000);
    const after = await read("/heap?gc=1");
    expect(after.sum("inuse_objects", here) / planted.length).toBeGreaterThan(0.7);
  });

  test("the engine's own object is there for DevTools", async () => {
    const response = await service.get("/heap?format=heapprofile");
    expect(response.headers.get("content-disposition")).toContain("heap.heapprofile");
    expect(Object.keys((await response.json()) as object)).toEqual(expect.arrayContaining(["head", "samples"]));
  });
});

describe("readings are bounded", () => {
  test("those who come together share one, a second apart, after the service has been asked", async () => {
    const delays: number[] = [];
    let nowMs = 5000;
    let asked = 0;
    const clock = {
      monotonicMs: () => nowMs,
      wallMs: () => 0,
      setTimer: (delayMs: number, callback: () => void) => {
        delays.push(delayMs);
        nowMs += delayMs;
        queueMicrotask(callback);
        return { cancel: () => undefined };
      },
    };
    const reader = new HeapReader({
      resolver: createFrameResolver(),
      clock,
      logger: { info: () => undefined, warn: () => undefined },
      intervalBytes: 524_160,
      maxAgeMs: 2000,
      beforeRead: () => void (asked += 1),
    });
    const source = reader.source("heap", "");
    await Promise.all([source.take(true), source.take(true), source.take(false)]);
    expect(asked).toBe(1);
    await source.take(false);
    expect(asked).toBe(1);
    await source.take(true);
    expect([asked, delays.includes(1000)]).toEqual([2, true]);
  });
});
