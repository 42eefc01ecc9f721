import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../src/address.ts";
import { isMigrating, ownerOf, ShardMap } from "../../src/shard/shard-map.ts";
import { summarize } from "../../src/shard/summary.ts";

const A = "a:1" as Address;
const B = "b:1" as Address;

describe("a shard map", () => {
  test("knows nothing at first", () => {
    expect(new ShardMap(2).get(1)).toEqual({
      target: undefined,
      current: undefined,
      flags: [],
      modRevision: 0,
      lastOwner: undefined,
      epoch: 0,
    });
  });

  test.each([0, -1, 1.5, Number.NaN, 65_537])("refuses %j shards", (count) => {
    expect(() => new ShardMap(count)).toThrow(/shard count .* is not valid: give a whole number from 1 to 65536/);
  });

  test("drops what is not newer than what it knows, key by key", () => {
    const map = new ShardMap(1);
    expect(map.applyShard(0, 7, "b:1,a:1")).toBe(true);
    expect(map.applyShard(0, 6, "a:1,a:1")).toBe(false);
    expect(map.applyShard(0, 7, "a:1,a:1")).toBe(false);
    expect(map.applyEpoch(0, 5, "a:1,2")).toBe(true);
    expect(map.get(0)).toMatchObject({ target: B, current: A, modRevision: 7, epoch: 5 });
  });

  test("does not bring back what was deleted later", () => {
    const map = new ShardMap(1);
    map.applyShard(0, 7, "a:1,a:1");
    expect(map.applyShard(0, 9, undefined)).toBe(true);
    expect(map.applyShard(0, 8, "b:1,b:1")).toBe(false);
    expect(map.get(0)).toMatchObject({ target: undefined, modRevision: 0 });
  });

  test("ignores numbers outside", () => {
    const map = new ShardMap(2);
    expect(map.applyShard(2, 5, "a:1,a:1")).toBe(false);
    expect(map.applyEpoch(-1, 5, "a:1,1")).toBe(false);
    expect(map.targetedAt(A)).toBe(0);
  });

  test("has no owner when the two keys name different nodes", () => {
    const map = new ShardMap(1);
    map.applyShard(0, 3, "a:1,a:1");
    expect(ownerOf(map.get(0))).toBeUndefined();
    map.applyEpoch(0, 4, "b:1,1");
    expect(ownerOf(map.get(0))).toBeUndefined();
    map.applyEpoch(0, 5, "a:1,1");
    expect(ownerOf(map.get(0))).toEqual({ address: A, incarnation: 1 });
  });

  test("a release ends the ownership and keeps the last owner", () => {
    const map = new ShardMap(1);
    map.applyShard(0, 3, "a:1,a:1");
    map.applyEpoch(0, 3, "a:1,1");
    map.applyShard(0, 4, "b:1,");
    expect(ownerOf(map.get(0))).toBeUndefined();
    expect(map.get(0).lastOwner?.address).toBe(A);
    expect(isMigrating(map.get(0))).toBe(true);
  });

  test("a first assignment is not a migration", () => {
    const map = new ShardMap(1);
    map.applyShard(0, 3, "a:1,");
    expect(map.migrating).toBe(0);
  });

  test("its counts equal a recount after any history", () => {
    const address = fc.constantFrom("a:1", "b:1", "");
    const event = fc.record({
      key: fc.constantFrom("shard", "epoch"),
      shard: fc.integer({ min: 0, max: 3 }),
      revision: fc.integer({ min: 1, max: 40 }),
      target: address,
      current: address,
      incarnation: fc.integer({ min: 1, max: 2 }),
      deleted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const map = new ShardMap(4);
        for (const e of events) {
          const text = e.key === "shard" ? `${e.target},${e.current}` : `${e.target},${e.incarnation}`;
          const apply = e.key === "shard" ? map.applyShard.bind(map) : map.applyEpoch.bind(map);
          apply(e.shard, e.revision, e.deleted ? undefined : text);
        }
        const entries = [0, 1, 2, 3].map((shard) => map.get(shard));
        expect(map.migrating).toBe(entries.filter(isMigrating).length);
        expect(map.assigned).toBe(entries.filter(({ target }) => target !== undefined).length);
        for (const node of [A, B]) {
          expect(map.targetedAt(node)).toBe(entries.filter(({ target }) => target === node).length);
          for (const incarnation of [1, 2]) {
            const owns = (entry: (typeof entries)[number]): boolean =>
              ownerOf(entry)?.address === node && ownerOf(entry)?.incarnation === incarnation;
            expect(map.ownedBy(node, incarnation)).toBe(entries.filter(owns).length);
          }
        }
      }),
    );
  });

  test("is summed up by living owners", () => {
    const map = new ShardMap(4);
    map.applyShard(0, 3, "a:1,a:1");
    map.applyEpoch(0, 3, "a:1,1");
    map.applyShard(1, 4, "b:1,b:1");
    map.applyEpoch(1, 4, "b:1,2"); // an earlier incarnation of b
    map.applyShard(2, 5, "b:1,a:1");
    map.applyEpoch(2, 5, "a:1,1");
    const live = [
      { address: A, incarnation: 1 },
      { address: B, incarnation: 9 },
    ];
    expect(summarize(map, live)).toEqual({
      shardCount: 4,
      owned: 2,
      unowned: 2,
      migrating: 1,
      nodes: new Map([
        [A, { owned: 2, targeted: 1 }],
        [B, { owned: 0, targeted: 2 }],
      ]),
    });
  });
});
