import { type Address, parseShardValue, type ShardEntry } from "@goverse/core";
import { describe, expect, test } from "vitest";
import { ClusterState } from "../src/cluster-state.ts";
import { decideLeader, decideShard, EXPECT_NODES_TIMEOUT_MS, type LeaderContext, QUIET_MS } from "../src/decide.ts";
import { clusterKeys } from "../src/keys.ts";
import { formatMeta, parseMeta } from "../src/member.ts";
import { resolveOptions } from "../src/options.ts";
import { ownChange } from "../src/own-change.ts";
import { readiness, type ReadinessInput } from "../src/readiness.ts";
import { UnclaimedShards } from "../src/unclaimed.ts";

const A = "a:1" as Address;
const B = "b:1" as Address;
const self = { address: A, incarnation: 10 };

function entry(value: string, owner?: [Address, number], epoch = owner ? 20 : 0): ShardEntry {
  const lastOwner = owner && { address: owner[0], incarnation: owner[1] };
  return { ...parseShardValue(value), modRevision: 21, lastOwner, epoch };
}

describe("a node", () => {
  const alive = (address: Address): number | undefined => (address === A ? 10 : address === B ? 11 : undefined);
  const context = { self, incarnationOf: alive, leaving: false };
  test.each([
    ["claims what is released and its own to get", "claim", entry("a:1,", [B, 11]), {}],
    ["hands over what it owns and another is to get", "hand-over", entry("b:1,a:1", [A, 10]), {}],
    ["leaves alone what it owns", undefined, entry("a:1,a:1", [A, 10]), {}],
    ["claims nothing while it is leaving", undefined, entry("a:1,", [B, 11]), { leaving: true }],
    ["waits for a new target while it is leaving", undefined, entry("a:1,a:1", [A, 10]), { leaving: true }],
  ] as const)("%s", (_, decision, shard, differs) => {
    expect(decideShard(shard, 0, { ...context, ...differs })).toBe(decision);
  });

  test("claims again what it began to release and is to keep after all", () => {
    expect(decideShard(entry("a:1,a:1", [A, 10]), 20, context)).toBe("claim");
  });
});

describe("a leader", () => {
  const context: LeaderContext = {
    nowMs: 1000,
    nodesChangedAtMs: 900,
    leaderSinceMs: 900,
    nodeCount: 2,
    served: 0,
    expectNodes: undefined,
  };
  const plan = { kind: "plan", mayRebalance: true, againAtMs: undefined };

  test("of a starting cluster waits for quiet", () => {
    expect(decideLeader(context)).toEqual({ kind: "wait", untilMs: 900 + QUIET_MS, reason: "settling" });
    expect(decideLeader({ ...context, nowMs: 900 + QUIET_MS })).toEqual(plan);
  });

  test("of a starting cluster deals at once when all the expected nodes are there", () => {
    const untilMs = 900 + EXPECT_NODES_TIMEOUT_MS;
    expect(decideLeader({ ...context, expectNodes: 3 })).toEqual({ kind: "wait", untilMs, reason: "awaiting-nodes" });
    expect(decideLeader({ ...context, expectNodes: 2 })).toEqual(plan);
    expect(decideLeader({ ...context, expectNodes: 3, nowMs: untilMs })).toEqual(plan);
  });

  test("of a running cluster deals what has no node at once, and rebalances in quiet", () => {
    const running = { ...context, served: 1 };
    const againAtMs = 900 + QUIET_MS;
    expect(decideLeader(running)).toEqual({ kind: "plan", mayRebalance: false, againAtMs });
    expect(decideLeader({ ...running, nowMs: againAtMs })).toEqual(plan);
  });
});

describe("a change of a shard", () => {
  const change = (before: ShardEntry, after: ShardEntry, releaseMark = 0) =>
    ownChange({ shard: 1, before, after }, self, releaseMark);
  test("is an own claim when the epoch names this incarnation, with the node it came from", () => {
    expect(change(entry("a:1,", [B, 11]), entry("a:1,a:1", [A, 10], 30))).toEqual({ kind: "claimed", from: B });
    expect(change(entry("a:1,a:1", [A, 9]), entry("a:1,a:1", [A, 10], 30))).toEqual({
      kind: "claimed",
      from: undefined,
    });
    expect(change(entry("a:1,a:1", [B, 11]), entry("a:1,a:1", [A, 10]))).toBeUndefined();
  });
  test("is an own release when nobody owns it afterwards", () => {
    expect(change(entry("b:1,a:1", [A, 10]), entry("b:1,", [A, 10]))).toEqual({ kind: "released" });
  });
  test("is a loss when somebody else stands there", () => {
    expect(change(entry("b:1,a:1", [A, 10]), entry("b:1,b:1", [A, 10]))).toEqual({ kind: "taken" });
  });
  test("is an own release, too, when the claim that followed it is the first that is heard of it", () => {
    const before = entry("b:1,a:1", [A, 10]);
    expect(change(before, entry("b:1,b:1", [A, 10]), before.epoch)).toEqual({ kind: "released" });
    expect(change(before, entry("b:1,a:1", [B, 11], 30), before.epoch)).toEqual({ kind: "released" });
    // One that was begun under an earlier epoch proves nothing.
    expect(change(before, entry("b:1,b:1", [A, 10]), before.epoch - 1)).toEqual({ kind: "taken" });
  });
  test("of others is none of its business", () => {
    expect(change(entry("b:1,", [B, 11]), entry("b:1,b:1", [B, 11], 30))).toBeUndefined();
    expect(change(entry("b:1,a:1", [A, 10]), entry("a:1,a:1", [A, 10]))).toBeUndefined();
  });
});

describe("readiness", () => {
  const good: ReadinessInput = {
    role: "node",
    leaving: false,
    registered: true,
    mirrorLive: true,
    mirrorError: "",
    viewAgeMs: 10,
    nodeCount: 1,
    shardCount: 8,
    ownedShards: 8,
    pendingClaims: 0,
    wasWhole: false,
  };
  test("needs everything at once", () => {
    expect(readiness(good)).toEqual({ ready: true });
  });
  test.each([
    [{ leaving: true }, "stopping"],
    [{ registered: false }, "not registered in etcd"],
    [{ mirrorLive: false }, "not connected to etcd"],
    [{ mirrorLive: false, mirrorError: "refused" }, "not connected to etcd: refused"],
    [{ viewAgeMs: 7400 }, "etcd has been silent for 7 s"],
    [{ nodeCount: 0 }, "no node is registered"],
    [{ ownedShards: 5 }, "3 of 8 shards have no owner yet"],
    [{ pendingClaims: 2 }, "claiming 2 shards"],
  ])("%j: %s", (differs, reason) => {
    expect(readiness({ ...good, ...differs })).toEqual({ ready: false, reason });
  });
  test.each([{ ownedShards: 5 }, { pendingClaims: 2 }])("survives %j once all was well", (differs) => {
    expect(readiness({ ...good, ...differs, wasWhole: true })).toEqual({ ready: true });
  });
});

describe("unclaimed shards", () => {
  const keys = clusterKeys("/p");
  const node = (address: Address, modRevision: number) => {
    const key = keys.node(address);
    return { key, modRevision, kv: { key, value: address, modRevision, createRevision: modRevision, lease: "1" } };
  };
  const value = (key: string, text: string, modRevision: number) => ({
    key,
    modRevision,
    kv: { key, value: text, modRevision, createRevision: 1, lease: "0" },
  });

  test("are stuck when their living target does not claim them in time, and it is suspected until it claims", () => {
    const state = new ClusterState(keys, 2);
    const unclaimed = new UnclaimedShards(state, 100);
    state.apply([node(A, 5), value(keys.shard(0), "a:1,", 6), value(keys.shard(1), "b:1,", 6)]);
    for (const shard of [0, 1]) unclaimed.look(shard, 1000);
    expect(unclaimed.nextAtMs()).toBe(1100);
    expect(unclaimed.takeStuck(1099)).toEqual(new Set());
    // Shard 1 has a target that is not alive: that is the planner's business.
    expect(unclaimed.takeStuck(1100)).toEqual(new Set([0]));
    expect(unclaimed.suspects(1150)).toEqual(new Set([A]));
    state.apply([value(keys.shard(0), "a:1,a:1", 8), value(keys.epoch(0), "a:1,5", 8)]);
    unclaimed.look(0, 1160);
    expect(unclaimed.suspects(1160)).toEqual(new Set());
    expect(unclaimed.nextAtMs()).toBeUndefined();
  });

  test("begin a new time with a new target, and suspicion ends by itself", () => {
    const state = new ClusterState(keys, 1);
    const unclaimed = new UnclaimedShards(state, 100);
    state.apply([node(A, 5), node(B, 5), value(keys.shard(0), "a:1,", 6)]);
    unclaimed.look(0, 1000);
    state.apply([value(keys.shard(0), "b:1,", 7)]);
    unclaimed.look(0, 1090);
    expect(unclaimed.takeStuck(1100)).toEqual(new Set());
    expect(unclaimed.takeStuck(1190)).toEqual(new Set([0]));
    expect(unclaimed.suspects(1789)).toEqual(new Set([B]));
    expect(unclaimed.suspects(1790)).toEqual(new Set());
  });
});

describe("the layout", () => {
  const keys = clusterKeys("/goverse/");
  test.each([
    ["/goverse/nodes/a:1", { kind: "node", address: "a:1" }],
    ["/goverse/gates/a:1", { kind: "gate", address: "a:1" }],
    ["/goverse/meta/a:1", { kind: "meta", address: "a:1" }],
    ["/goverse/leader", { kind: "leader" }],
    ["/goverse/config", { kind: "config" }],
    ["/goverse/shard/17", { kind: "shard", shard: 17 }],
    ["/goverse/epoch/0", { kind: "epoch", shard: 0 }],
    ["/goverse/shard/017", undefined],
    ["/goverse/shard/-1", undefined],
    ["/goverse/shard/1e3", undefined],
    ["/goverse/shard/", undefined],
    ["/goverse/nodes/", undefined],
    ["/goverse/other", undefined],
    ["/goverse-demo/leader", undefined],
  ])("%s", (key, meaning) => {
    expect(keys.parse(key)).toEqual(meaning);
  });
});

describe("what a member says of itself", () => {
  const meta = { opsAddress: "localhost:9090", version: "1", types: ["Room"], protocol: { min: 1, max: 2 } };
  test("is read back", () => {
    expect(parseMeta(formatMeta("node", meta, false))).toEqual({ meta, draining: false });
    expect(parseMeta(formatMeta("node", meta, true))).toEqual({ meta, draining: true });
  });
  test.each(["", "null", "[]", "7", "{", '{"version":1}', '{"version":"1","protocol":{"min":"1"}}'])(
    "%j is not understood, and does no harm",
    (text) => {
      expect(parseMeta(text)).toEqual({ meta: undefined, draining: false });
    },
  );
});

describe("options", () => {
  const good = {
    role: "node",
    address: A,
    etcdEndpoints: ["localhost:2379"],
    shardCount: 8192,
    leaseTtlSeconds: 5,
    meta: { version: "1", types: [], protocol: { min: 1, max: 1 } },
  } as const;
  test("have defaults", () => {
    const resolved = resolveOptions(good);
    expect(resolved).toMatchObject({ etcdPrefix: "/goverse", requestTimeoutMs: 1665, connectTimeoutMs: 5000 });
    const ids = Array.from({ length: 100 }, () => BigInt(resolved.newLeaseId()));
    expect(ids.every((id) => id > 0n && id < 2n ** 63n)).toBe(true);
    expect(new Set(ids).size).toBe(100);
  });
  test.each([
    [{ shardCount: 0 }, /shardCount 0 is not valid: give a whole number from 1 to 65536/],
    [{ leaseTtlSeconds: 1.5 }, /leaseTtlSeconds 1.5 is not valid: give a whole number from 1 to 300/],
    [{ expectNodes: 0 }, /expectNodes 0/],
    [{ etcdEndpoints: [] }, /etcdEndpoints "" is not valid: give at least one, such as localhost:2379/],
    [{ etcdEndpoints: ["https://a:1", "b:1"] }, /all of them begin with https: or none does/],
    [{ etcdPrefix: "goverse" }, /etcdPrefix "goverse" is not valid: it begins with a slash/],
    [{ etcdPrefix: "/" }, /etcdPrefix/],
    [{ imbalanceTolerance: -1 }, /imbalanceTolerance -1/],
    [{ requestTimeoutMs: 0 }, /requestTimeoutMs 0/],
    [{ connectTimeoutMs: Number.NaN }, /connectTimeoutMs NaN/],
    [{ stuckShardMs: Number.POSITIVE_INFINITY }, /stuckShardMs Infinity/],
  ])("%j are refused", (differs, message) => {
    expect(() => resolveOptions({ ...good, ...differs })).toThrow(message);
  });
});
