import { describe, expect, it } from "vitest";
import { createMetrics, type GoverseMetrics, ObjectCounts } from "../src/index.ts";
import { samples, StoppedClock } from "./scrape.ts";

const OBJECTS = "goverse_objects_total";

function objects(type: string, shard: number | "none"): string {
  return `${OBJECTS}{node="localhost:47000",type="${type}",shard="${shard}"}`;
}

function create(clock = new StoppedClock()): { metrics: GoverseMetrics; counts: ObjectCounts; clock: StoppedClock } {
  const metrics = createMetrics({ node: "localhost:47000", role: "node", processMetrics: false, clock });
  const counts = new ObjectCounts(8_192);
  metrics.observeObjects(counts);
  return { metrics, counts, clock };
}

describe("objects", () => {
  it("are counted per type and shard when scraped, pinned ones as none", async () => {
    const { metrics, counts } = create();
    const room = counts.typeIndex("ChatRoom");
    const client = counts.typeIndex("ChatClient");
    expect(counts.typeIndex("ChatRoom")).toBe(room);
    for (const shard of [100, 100, 100, 8_191]) counts.activated(room, shard);
    for (const shard of [0, -1, -1]) counts.activated(client, shard);
    counts.deactivated(room, 100);
    expect(await samples(metrics, OBJECTS)).toEqual({
      [objects("ChatRoom", 100)]: 2,
      [objects("ChatRoom", 8_191)]: 1,
      [objects("ChatClient", 0)]: 1,
      [objects("ChatClient", "none")]: 2,
    });
    expect([counts.total(), counts.total("ChatRoom"), counts.total("Nothing")]).toEqual([6, 3, 0]);
  });

  it("that are gone leave a 0 for a minute, so that sums step down, and then nothing", async () => {
    const { metrics, counts, clock } = create();
    const room = counts.typeIndex("ChatRoom");
    counts.activated(room, 7);
    await samples(metrics, OBJECTS);
    counts.deactivated(room, 7);
    for (const stepMs of [0, 30_000, 29_999]) {
      clock.advance(stepMs);
      expect(await samples(metrics, OBJECTS)).toEqual({ [objects("ChatRoom", 7)]: 0 });
    }
    clock.advance(1);
    expect(await samples(metrics, OBJECTS)).toEqual({});
  });

  it("show at least one 0 however rarely they are scraped", async () => {
    const { metrics, counts, clock } = create();
    counts.activated(counts.typeIndex("ChatRoom"), 7);
    await samples(metrics, OBJECTS);
    counts.deactivated(0, 7);
    clock.advance(3_600_000);
    expect(await samples(metrics, OBJECTS)).toEqual({ [objects("ChatRoom", 7)]: 0 });
  });

  it("that come back within the minute start a new one when they go again", async () => {
    const { metrics, counts, clock } = create();
    counts.activated(counts.typeIndex("ChatRoom"), 7);
    await samples(metrics, OBJECTS);
    counts.deactivated(0, 7);
    await samples(metrics, OBJECTS);
    clock.advance(50_000);
    counts.activated(0, 7);
    expect(await samples(metrics, OBJECTS)).toEqual({ [objects("ChatRoom", 7)]: 1 });
    counts.deactivated(0, 7);
    await samples(metrics, OBJECTS);
    clock.advance(50_000);
    expect(await samples(metrics, OBJECTS)).toEqual({ [objects("ChatRoom", 7)]: 0 });
  });

  it("that lived between two scrapes only were never seen and leave nothing", async () => {
    const { metrics, counts } = create();
    counts.activated(counts.typeIndex("ChatRoom"), 7);
    counts.deactivated(0, 7);
    expect(await samples(metrics, OBJECTS)).toEqual({});
  });

  it("are no longer exported when their source is withdrawn", async () => {
    const { metrics, counts } = create();
    counts.activated(counts.typeIndex("ChatRoom"), 7);
    const stop = metrics.observeObjects(counts);
    stop();
    expect(await samples(metrics, OBJECTS)).toEqual({});
  });

  it("over the limit of series are refused and counted, the others stay true", async () => {
    const { metrics, counts } = create();
    for (let type = 0; type < 13; type += 1) {
      const index = counts.typeIndex(`T${type}`);
      for (let shard = 0; shard < 8_192; shard += 1) counts.activated(index, shard);
    }
    expect(Object.keys(await samples(metrics, OBJECTS))).toHaveLength(100_000);
    const refused = await samples(metrics, "goverse_metrics_series_refused_total");
    expect(refused[`goverse_metrics_series_refused_total{metric="${OBJECTS}"}`]).toBe(13 * 8_192 - 100_000);
  });

  it("cannot be counted wrong without being told", () => {
    const { counts } = create();
    const room = counts.typeIndex("ChatRoom");
    expect(() => counts.deactivated(room, 7)).toThrow("no ChatRoom is counted in shard 7");
    expect(() => counts.activated(room, 8_192)).toThrow(RangeError);
    expect(() => counts.activated(5, 0)).toThrow(RangeError);
    expect(() => new ObjectCounts(0)).toThrow(/shardCount 0/);
  });
});
