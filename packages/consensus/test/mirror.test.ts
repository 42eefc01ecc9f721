import { afterEach, describe, expect, test } from "vitest";
import { auditVerdict } from "../src/audit.ts";
import {
  EtcdFailure,
  type EtcdClient,
  type KeyValue,
  type RangeResult,
  type WatchHandlers,
} from "../src/etcd/client.ts";
import { type KeyChange, MAX_SILENCE_MS, Mirror, PROGRESS_INTERVAL_MS } from "../src/mirror.ts";
import { ManualClock } from "./support/manual-clock.ts";
import { RecordingLogger } from "./support/recorder.ts";

const kv = (key: string, modRevision: number, value = "v"): KeyValue => ({
  key: `/p/${key}`,
  value,
  createRevision: modRevision,
  modRevision,
  lease: "0",
});

interface OpenWatch {
  readonly startRevision: number;
  readonly handlers: WatchHandlers;
  progressRequests: number;
  closed: boolean;
}

const mirrors: Mirror[] = [];
afterEach(() => {
  for (const mirror of mirrors.splice(0)) mirror.stop();
});

function setUp() {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const watches: OpenWatch[] = [];
  const changes: string[] = [];
  const etcd = {
    /** What a list answers. */
    stored: { revision: 10, count: 2, kvs: [kv("a", 4), kv("b", 7)] } as RangeResult,
    reachable: true,
  };
  const client = {
    range: (request: { limit?: number }) => {
      if (!etcd.reachable) return Promise.reject(new EtcdFailure("unavailable", "refused"));
      if (request.limit !== 1) return Promise.resolve(etcd.stored);
      const newest = [...etcd.stored.kvs].sort((a, b) => b.modRevision - a.modRevision).slice(0, 1);
      return Promise.resolve({ ...etcd.stored, kvs: newest });
    },
    openWatch: ({ startRevision }: { startRevision: number }, handlers: WatchHandlers) => {
      const watch: OpenWatch = { startRevision, handlers, progressRequests: 0, closed: false };
      watches.push(watch);
      return {
        requestProgress: () => {
          watch.progressRequests += 1;
        },
        close: () => {
          watch.closed = true;
        },
      };
    },
  } as unknown as EtcdClient;
  const mirror = new Mirror({
    client,
    prefix: "/p/",
    clock,
    random: () => 0.5,
    logger,
    requestTimeoutMs: 1000,
    onChanges: (batch: readonly KeyChange[]) => {
      for (const { key, modRevision, kv } of batch) {
        changes.push(`${key}@${modRevision}${kv === undefined ? " gone" : ""}`);
      }
    },
    onPulse: () => {},
  });
  mirrors.push(mirror);
  return { clock, logger, mirror, watches, changes, etcd };
}

/** A mirror that has listed and watches. */
async function live() {
  const parts = setUp();
  parts.mirror.start();
  await parts.clock.advance(0);
  parts.watches[0]?.handlers.onCreated();
  parts.changes.length = 0;
  return parts;
}

describe("a mirror", () => {
  test("lists once, then watches from the next revision", async () => {
    const { clock, mirror, watches, changes } = setUp();
    expect(mirror.ageMs()).toBe(Number.POSITIVE_INFINITY);
    mirror.start();
    await clock.advance(0);
    expect(changes).toEqual(["/p/a@4", "/p/b@7"]);
    expect(watches.map(({ startRevision }) => startRevision)).toEqual([11]);
    expect(mirror.live).toBe(false);
    watches[0]?.handlers.onCreated();
    expect(mirror.live).toBe(true);
  });

  test("resumes a broken watch after the last event, without listing", async () => {
    const { clock, mirror, watches } = await live();
    watches[0]?.handlers.onEvents([{ type: "put", kv: kv("a", 15) }]);
    watches[0]?.handlers.onEnd("broken", "reset");
    expect(mirror.live).toBe(false);
    await clock.advance(100);
    expect(watches[1]?.startRevision).toBe(16);
    expect(mirror.lists).toBe(1);
  });

  test("is not moved forward by progress: events may still be on their way", async () => {
    const { clock, watches } = await live();
    watches[0]?.handlers.onProgress();
    watches[0]?.handlers.onEnd("broken", "reset");
    await clock.advance(100);
    expect(watches[1]?.startRevision).toBe(11);
  });

  test("drops events that are older than what it has seen", async () => {
    const { watches, changes } = await live();
    watches[0]?.handlers.onEvents([{ type: "put", kv: kv("a", 15) }]);
    watches[0]?.handlers.onEvents([
      { type: "delete", key: "/p/a", modRevision: 12 },
      { type: "put", kv: kv("b", 15) },
      { type: "put", kv: kv("b", 16) },
    ]);
    expect(changes).toEqual(["/p/a@15", "/p/b@16"]);
  });

  test("lists again after a compaction, and notices what has been deleted meanwhile", async () => {
    const { clock, mirror, watches, changes, etcd } = await live();
    etcd.stored = { revision: 30, count: 2, kvs: [kv("b", 7), kv("c", 21)] };
    watches[0]?.handlers.onEnd("compacted", "compacted up to revision 25");
    await clock.advance(0);
    expect(mirror.lists).toBe(2);
    expect(changes).toEqual(["/p/a@30 gone", "/p/c@21"]);
    expect(watches[1]?.startRevision).toBe(31);
  });

  test("does not go back in time with a member that lags behind", async () => {
    const { clock, mirror, watches, changes, etcd } = await live();
    etcd.stored = { revision: 9, count: 0, kvs: [] };
    watches[0]?.handlers.onEnd("compacted", "compacted");
    await clock.advance(200);
    expect(changes).toEqual([]);
    expect(mirror.lastError).toMatch(/etcd is at revision 9, but was at 10 already/);
    etcd.stored = { revision: 12, count: 2, kvs: [kv("a", 4), kv("b", 7)] };
    await clock.advance(2000);
    expect(watches[1]?.startRevision).toBe(13);
  });

  test("keeps trying while etcd cannot be reached, and says why", async () => {
    const { clock, mirror, watches, logger, etcd } = setUp();
    etcd.reachable = false;
    mirror.start();
    await clock.advance(5000);
    expect([mirror.live, mirror.lastError, watches.length]).toEqual([false, "refused", 0]);
    expect(logger.lines.filter((line) => line.startsWith("info not connected"))).toHaveLength(1);
    etcd.reachable = true;
    await clock.advance(1000);
    expect(watches).toHaveLength(1);
  });

  test("asks for progress, and its age is the time since the last answer", async () => {
    const { clock, mirror, watches } = await live();
    await clock.advance(PROGRESS_INTERVAL_MS);
    expect(watches[0]?.progressRequests).toBe(1);
    expect(mirror.ageMs()).toBe(PROGRESS_INTERVAL_MS);
    watches[0]?.handlers.onProgress();
    expect(mirror.ageMs()).toBe(0);
  });

  test("opens the watch anew when the server is silent, also when it never answers the opening", async () => {
    const { clock, mirror, watches } = await live();
    await clock.advance(MAX_SILENCE_MS + 2 * PROGRESS_INTERVAL_MS);
    expect(watches.length).toBe(2);
    expect(watches[0]?.closed).toBe(true);
    expect(mirror.live).toBe(false);
    await clock.advance(MAX_SILENCE_MS + 2 * PROGRESS_INTERVAL_MS);
    expect(watches.length).toBe(3);
  });

  test("finds out that a watch has lost an event without ending, and lists again", async () => {
    const { clock, mirror, watches, changes, etcd } = await live();
    etcd.stored = { revision: 20, count: 3, kvs: [kv("a", 4), kv("b", 7), kv("lost", 18)] };
    for (let ms = 0; ms < 16_000; ms += PROGRESS_INTERVAL_MS) {
      await clock.advance(PROGRESS_INTERVAL_MS);
      watches.at(-1)?.handlers.onProgress();
    }
    expect(mirror.lists).toBe(2);
    expect(changes).toEqual(["/p/lost@18"]);
  });

  test("does not list again when all is well, or when it is ahead of the comparison", async () => {
    const { clock, mirror, watches } = await live();
    for (let revision = 30; revision < 60; revision += 1) {
      await clock.advance(PROGRESS_INTERVAL_MS);
      watches[0]?.handlers.onEvents([{ type: "put", kv: kv("a", revision) }]);
    }
    expect([mirror.lists, watches.length]).toEqual([1, 1]);
  });

  test("says nothing after it was stopped", async () => {
    const { clock, mirror, watches, changes } = await live();
    mirror.stop();
    expect(watches[0]?.closed).toBe(true);
    await clock.advance(20_000);
    expect([watches.length, changes.length, mirror.live]).toEqual([1, 0, false]);
  });
});

describe("an audit", () => {
  const audit = { revision: 20, count: 3, highest: 18, giveUpAtMs: 100 };
  const facts = (count: number, highest: number) => () => ({ count, highest });
  test.each([
    ["equal", facts(3, 18), 18, 50],
    ["equal", facts(3, 18), 20, 50],
    ["moved-on", facts(9, 25), 25, 50],
    ["wait", facts(2, 7), 10, 50],
    ["differs", facts(2, 7), 10, 100],
    // The missing change is a deletion: only the count tells.
    ["wait", facts(4, 18), 18, 50],
    ["differs", facts(4, 18), 18, 100],
  ] as const)("is %s", (verdict, mirror, mirrorRevision, nowMs) => {
    expect(auditVerdict(audit, mirror, mirrorRevision, nowMs)).toBe(verdict);
  });
});
