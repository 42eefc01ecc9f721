import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../src/address.ts";
import type { PlanNode } from "../../src/shard/placement.ts";
import { type Plan, plan, type PlanState } from "../../src/shard/plan.ts";
import { ShardMap } from "../../src/shard/shard-map.ts";
import { formatShardValue } from "../../src/shard/shard-value.ts";

const name = (index: number): Address => `n${String(index).padStart(4, "0")}:1` as Address;
const node = (index: number, draining = false): PlanNode => ({
  address: name(index),
  incarnation: index + 1,
  draining,
});
const nodes = (...indexes: number[]): PlanNode[] => indexes.map((index) => node(index));

/** A map from `target[/owner][!]` per shard: `0` is owned where it should be, `0/1` owned elsewhere, `0/-` by nobody; `!` pinned. */
function mapOf(text: string): ShardMap {
  const shards = text.split(" ");
  const map = new ShardMap(shards.length);
  shards.forEach((spec, shard) => {
    const places = spec.replace("!", "");
    const pinned = spec.endsWith("!");
    const [target = "", owner = target] = places.split("/");
    const address = (part: string): Address | undefined => (part === "-" ? undefined : name(Number(part)));
    const value = { target: address(target), current: address(owner), flags: pinned ? ["pinned"] : [] };
    map.applyShard(shard, 1, formatShardValue(value));
    if (owner !== "-") map.applyEpoch(shard, 1, `${name(Number(owner))},${Number(owner) + 1}`);
  });
  return map;
}

function targetsAfter(map: ShardMap, { assignments }: Plan): (Address | undefined)[] {
  const targets = Array.from({ length: map.shardCount }, (_, shard) => map.get(shard).target);
  for (const { shard, target } of assignments) targets[shard] = target;
  return targets;
}

function countsAfter(map: ShardMap, made: Plan, live: readonly PlanNode[]): number[] {
  const targets = targetsAfter(map, made);
  return live.map(({ address }) => targets.filter((target) => target === address).length);
}

function reasons(made: Plan): string[] {
  return made.decisions.map(({ reason, count }) => `${reason} ${count}`);
}

describe("a plan", () => {
  test("deals new shards equally", () => {
    const map = mapOf("-/- -/- -/- -/- -/- -/- -/-");
    const made = plan({ map, nodes: nodes(0, 1, 2) });
    expect(countsAfter(map, made, nodes(0, 1, 2))).toEqual([3, 2, 2]);
    expect(reasons(made)).toEqual(["unassigned 7"]);
  });

  test("says so when there is nothing to do", () => {
    const made = plan({ map: mapOf("0 1 0 1"), nodes: nodes(0, 1) });
    expect(made).toEqual({ assignments: [], decisions: [{ reason: "balanced", count: 4, level: "debug" }] });
  });

  test("says so when there is no node", () => {
    const made = plan({ map: mapOf("0 1"), nodes: [node(0, true)] });
    expect(made).toEqual({ assignments: [], decisions: [{ reason: "no-nodes", count: 2, level: "warn" }] });
  });

  test("gives a dead node's shards to the others and moves nothing else", () => {
    const map = mapOf("0 1 2 0 1 2");
    const made = plan({ map, nodes: nodes(0, 1) });
    expect(made.assignments.map(({ shard }) => shard)).toEqual([2, 5]);
    expect(reasons(made)).toEqual(["node-dead 2"]);
    expect(countsAfter(map, made, nodes(0, 1))).toEqual([3, 3]);
  });

  test("gives a joining node its share and no more", () => {
    const made = plan({ map: mapOf("0 1 0 1 0 1"), nodes: nodes(0, 1, 2) });
    expect(made.assignments).toHaveLength(2);
    expect(made.assignments.every(({ target }) => target === name(2))).toBe(true);
    expect(reasons(made)).toEqual(["rebalance 2"]);
  });

  test("empties a leaving node and gives it nothing", () => {
    const map = mapOf("0 0 0 -/- 1 2");
    const made = plan({ map, nodes: [node(0, true), node(1), node(2)] });
    expect(countsAfter(map, made, nodes(0, 1, 2))).toEqual([0, 3, 3]);
    expect(reasons(made)).toEqual(["node-draining 3", "unassigned 1"]);
  });

  test("leaves a shard with its living owner when the target is gone", () => {
    const made = plan({ map: mapOf("2/0 1 0 1"), nodes: nodes(0, 1) });
    expect(made.assignments).toEqual([{ shard: 0, target: name(0), reason: "returned" }]);
  });

  test("calls off a move rather than starting another", () => {
    // 1 has too many by target, but shard 0 is still with 0, who has room.
    const made = plan({ map: mapOf("1/0 1 1 0"), nodes: nodes(0, 1) });
    expect(made.assignments).toEqual([{ shard: 0, target: name(0), reason: "rebalance" }]);
  });

  test("moves unclaimed shards before claimed ones", () => {
    const made = plan({ map: mapOf("0 0 0/- 0/-"), nodes: nodes(0, 1) });
    expect(made.assignments.map(({ shard }) => shard)).toEqual([2, 3]);
  });

  test("does not rebalance while nodes come and go, but deals what has no node", () => {
    const made = plan({ map: mapOf("0 0 0 -/-"), nodes: nodes(0, 1), mayRebalance: false });
    expect(made.assignments).toEqual([{ shard: 3, target: name(1), reason: "unassigned" }]);
    expect(reasons(made)).toEqual(["unassigned 1", "settling 1"]);
  });

  test("leaves a tolerated imbalance alone", () => {
    const state: PlanState = { map: mapOf("0 0 0 0 0 0 1 1 1 1"), nodes: nodes(0, 1) };
    expect(reasons(plan({ ...state, imbalanceTolerance: 0.4 }))).toEqual(["within-tolerance 1"]);
    expect(reasons(plan({ ...state, imbalanceTolerance: 0.3 }))).toEqual(["rebalance 1"]);
  });

  test("leaves a pinned shard where it is and balances the rest around it", () => {
    const map = mapOf("0! 0! 0! 0 1 1");
    const made = plan({ map, nodes: nodes(0, 1, 2) });
    expect(made.assignments).toEqual([{ shard: 3, target: name(2), reason: "rebalance" }]);
  });

  test("fails a pinned shard over when its node is dead, with a warning", () => {
    const map = mapOf("0! 1 1");
    const made = plan({ map, nodes: nodes(1, 2) });
    expect(made.assignments).toEqual([{ shard: 0, target: name(2), reason: "pinned-failover" }]);
    expect(made.decisions).toEqual([{ reason: "pinned-failover", count: 1, level: "warn" }]);
  });

  test("gives a stuck shard to another node, with a warning, and not back at once", () => {
    const map = mapOf("0/- 0 1 1");
    const made = plan({ map, nodes: nodes(0, 1), stuck: new Set([0]) });
    expect(made.assignments[0]).toEqual({ shard: 0, target: name(1), reason: "stuck" });
    expect(made.decisions[0]).toEqual({ reason: "stuck", count: 1, level: "warn" });
  });

  test("does not give served shards in exchange to the node that does not claim", () => {
    const map = mapOf("0/- 0/- 0 1 1 1");
    const made = plan({ map, nodes: nodes(0, 1), stuck: new Set([0, 1]) });
    expect(made.assignments.map(({ shard, target }) => [shard, target])).toEqual([
      [0, name(1)],
      [1, name(1)],
    ]);
  });

  test("lets a suspect keep what it has and gives it nothing", () => {
    const map = mapOf("0 1 1 1 2 2 2 -/- -/-");
    const made = plan({ map, nodes: [{ ...node(0), suspect: true }, node(1), node(2)] });
    expect(countsAfter(map, made, nodes(0, 1, 2))).toEqual([1, 4, 4]);
  });

  test("gives to suspects when there is nobody else", () => {
    const map = mapOf("0 0 -/- -/-");
    const made = plan({ map, nodes: [0, 1].map((index) => ({ ...node(index), suspect: true })) });
    expect(countsAfter(map, made, nodes(0, 1))).toEqual([2, 2]);
  });

  test("says so when a stuck shard has nowhere else to go", () => {
    const made = plan({ map: mapOf("0/- 0"), nodes: nodes(0), stuck: new Set([0]) });
    expect(made).toEqual({ assignments: [], decisions: [{ reason: "stuck-alone", count: 1, level: "warn" }] });
  });

  test("counts a pinned shard that returns to its living owner as pinned there", () => {
    const map = mapOf("0! 0 7/2! 2/0! 0 0 0");
    const made = plan({ map, nodes: nodes(0, 2, 3, 4, 5, 6) });
    // Node 2 has two pinned ones, so node 0 must not keep the extra shard as well.
    expect(countsAfter(map, made, nodes(0, 2, 3, 4, 5, 6))).toEqual([1, 2, 1, 1, 1, 1]);
  });

  test("serves 1000 nodes with 8192 shards", () => {
    const live = nodes(...Array.from({ length: 1000 }, (_, i) => i));
    const map = mapOf(Array.from({ length: 8192 }, (_, i) => `${(i * 7) % 900}`).join(" "));
    const counts = countsAfter(map, plan({ map, nodes: live }), live);
    expect(Math.max(...counts) - Math.min(...counts)).toBe(1);
  });
});

describe("in any state", () => {
  const spec = fc.record({
    target: fc.integer({ min: -1, max: 7 }),
    owner: fc.integer({ min: -2, max: 7 }),
    pinned: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
  const anyState = fc.record({
    shards: fc.array(spec, { minLength: 1, maxLength: 60 }),
    live: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
    draining: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  });
  type AnyState = typeof anyState extends fc.Arbitrary<infer T> ? T : never;

  function build({ shards, live, draining }: AnyState, pins: boolean): Required<Pick<PlanState, "map" | "nodes">> {
    const part = (index: number): string => (index < 0 ? "-" : `${index}`);
    const text = shards.map(({ target, owner, pinned }) => {
      // -2: owned where it should be, the usual case.
      const places = `${part(target)}/${part(owner === -2 ? target : owner)}`;
      return `${places}${pins && pinned ? "!" : ""}`;
    });
    return { map: mapOf(text.join(" ")), nodes: live.map((index) => node(index, draining.includes(index))) };
  }

  function applied(map: ShardMap, made: Plan): ShardMap {
    const next = new ShardMap(map.shardCount);
    for (let shard = 0; shard < map.shardCount; shard += 1) {
      const entry = map.get(shard);
      const target = made.assignments.find((assignment) => assignment.shard === shard)?.target ?? entry.target;
      next.applyShard(shard, 2, formatShardValue({ ...entry, target }));
      if (entry.lastOwner) next.applyEpoch(shard, 1, `${entry.lastOwner.address},${entry.lastOwner.incarnation}`);
    }
    return next;
  }

  const check = (pins: boolean, property: (state: ReturnType<typeof build>, made: Plan) => void): void => {
    fc.assert(
      fc.property(anyState, (any) => {
        const state = build(any, pins);
        property(state, plan(state));
      }),
      { numRuns: 500 },
    );
  };

  test("every shard gets a living node that stays, and loads differ by one at most", () => {
    check(false, ({ map, nodes }, made) => {
      const staying = nodes.filter(({ draining }) => !draining);
      if (staying.length === 0) return;
      const counts = countsAfter(map, made, staying);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(map.shardCount);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    });
  });

  test("no plan with fewer moves reaches that balance", () => {
    check(false, ({ map, nodes }, made) => {
      const staying = new Set(nodes.filter(({ draining }) => !draining).map(({ address }) => address));
      if (staying.size === 0) return;
      // What a node already has, counting shards that stay with their living owner because their target is gone.
      const incarnations = new Map(nodes.map(({ address, incarnation }) => [address, incarnation]));
      const kept = new Map([...staying].map((address) => [address, 0]));
      const homes = Array.from({ length: map.shardCount }, (_, shard) => {
        const { target, current, lastOwner } = map.get(shard);
        if (target !== undefined && staying.has(target)) return target;
        const alive = current !== undefined && incarnations.get(current) === lastOwner?.incarnation;
        return alive && staying.has(current) ? current : undefined;
      });
      for (const home of homes) if (home !== undefined) kept.set(home, (kept.get(home) ?? 0) + 1);
      const base = Math.floor(map.shardCount / staying.size);
      const extra = map.shardCount % staying.size;
      const fewest = [...kept.values()]
        .sort((a, b) => b - a)
        .reduce((moves, count, rank) => moves + Math.max(0, count - base - Number(rank < extra)), 0);
      const after = targetsAfter(map, made);
      const moved = homes.filter((home, shard) => home !== undefined && home !== after[shard]).length;
      expect(moved).toBe(fewest);
    });
  });

  test("a plan carried out gives an empty next one", () => {
    check(true, ({ map, nodes }, made) => {
      expect(plan({ map: applied(map, made), nodes }).assignments).toEqual([]);
    });
  });

  test("pinned shards move only when their node is dead or leaving", () => {
    check(true, ({ map, nodes }, made) => {
      const staying = new Set(nodes.filter(({ draining }) => !draining).map(({ address }) => address));
      for (const { shard } of made.assignments) {
        const { flags, target } = map.get(shard);
        if (flags.includes("pinned") && target !== undefined) expect(staying.has(target)).toBe(false);
      }
    });
  });

  test("loads are as equal as pinned shards allow", () => {
    check(true, ({ map, nodes }, made) => {
      const staying = nodes.filter(({ draining }) => !draining);
      const after = applied(map, made);
      const counts = countsAfter(map, made, staying);
      const least = Math.min(...counts);
      staying.forEach(({ address }, index) => {
        if ((counts[index] ?? 0) <= least + 1) return;
        // More than that only when all of it is pinned there.
        for (let shard = 0; shard < map.shardCount; shard += 1) {
          if (after.get(shard).target === address) expect(map.get(shard).flags).toContain("pinned");
        }
      });
    });
  });

  test("the same state gives the same plan, in whatever order nodes are listed", () => {
    check(true, ({ map, nodes }, made) => {
      expect(plan({ map, nodes: [...nodes].reverse() })).toEqual(made);
    });
  });

  test("there is always a reason, and reasons account for every assignment", () => {
    check(true, (_, made) => {
      expect(made.decisions.length).toBeGreaterThan(0);
      for (const { reason, count } of made.decisions) {
        const assigned = made.assignments.filter((assignment) => assignment.reason === reason).length;
        if (assigned > 0) expect(count).toBe(assigned);
      }
    });
  });
});
