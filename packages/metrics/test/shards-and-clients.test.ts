import { describe, expect, it } from "vitest";
import { createMetrics, type GoverseMetrics } from "../src/index.ts";
import { samples, text } from "./scrape.ts";

function create(role: "node" | "gate" = "node"): GoverseMetrics {
  return createMetrics({ node: "localhost:47000", role, processMetrics: false, version: "1.2.3" });
}

describe("shards", () => {
  it("are read from their source when scraped", async () => {
    const metrics = create();
    let owned = 0;
    metrics.observeShards(() => ({ owned, migrating: 5 }));
    owned = 2_731;
    expect(await samples(metrics, "goverse_shards_total")).toEqual({
      'goverse_shards_total{node="localhost:47000"}': 2_731,
    });
    expect(await samples(metrics, "goverse_shards_migrating")).toEqual({ goverse_shards_migrating: 5 });
  });

  it("do not say how many migrate while nobody knows", async () => {
    const metrics = create();
    metrics.observeShards(() => ({ owned: 1, migrating: undefined }));
    expect(await samples(metrics, "goverse_shards_migrating")).toEqual({});
    expect(Object.values(await samples(metrics, "goverse_shards_total"))).toEqual([1]);
  });

  it("say how many the cluster has, where somebody told them", async () => {
    for (const role of ["node", "gate"] as const) {
      const metrics = createMetrics({ node: "localhost:47000", role, processMetrics: false, shardCount: 64 });
      expect(await samples(metrics, "goverse_shard_count")).toEqual({ goverse_shard_count: 64 });
    }
    expect(await samples(create(), "goverse_shard_count")).toEqual({});
  });

  it("have claims and releases at 0 from the start", async () => {
    const metrics = create();
    expect(await samples(metrics, "goverse_shard_claims_total")).toEqual({
      'goverse_shard_claims_total{node="localhost:47000"}': 0,
    });
    expect(await samples(metrics, "goverse_shard_releases_total")).toEqual({
      'goverse_shard_releases_total{node="localhost:47000"}': 0,
    });
    metrics.shardsClaimed(2_048);
    metrics.shardsReleased(15);
    expect(Object.values(await samples(metrics, "goverse_shard_claims_total"))).toEqual([2_048]);
    expect(Object.values(await samples(metrics, "goverse_shard_releases_total"))).toEqual([15]);
  });

  it("have migrations from a peer at 0 once it was seen, and count moves from others only", async () => {
    const metrics = create();
    metrics.peerSeen("localhost:47001");
    metrics.peerSeen("localhost:47000");
    const migration = 'goverse_shard_migrations_total{from_node="localhost:47001",to_node="localhost:47000"}';
    expect(await samples(metrics, "goverse_shard_migrations_total")).toEqual({ [migration]: 0 });
    metrics.shardMigrated("localhost:47001");
    metrics.shardMigrated("localhost:47000");
    metrics.peerSeen("localhost:47001");
    expect(await samples(metrics, "goverse_shard_migrations_total")).toEqual({ [migration]: 1 });
  });

  it("from more peers than there is room for are counted together", async () => {
    const metrics = create();
    for (let i = 0; i < 1_100; i += 1) metrics.shardMigrated(`host-${i}:1`);
    const counted = await samples(metrics, "goverse_shard_migrations_total");
    expect(counted['goverse_shard_migrations_total{from_node="_unknown",to_node="localhost:47000"}']).toBe(100);
    expect(Object.keys(counted)).toHaveLength(1_001);
    const refused = await samples(metrics, "goverse_metrics_series_refused_total");
    expect(refused['goverse_metrics_series_refused_total{metric="goverse_shard_migrations_total"}']).toBe(100);
  });

  it("are none of a gate's business", async () => {
    const gate = create("gate");
    expect(await text(gate)).not.toMatch(/shards_|shard_(?!count)|objects|method_call/);
    expect(() => gate.shardsClaimed(1)).toThrow(/a gate does not export goverse_shard_claims_total/);
    expect(() => gate.observeShards(() => ({ owned: 1, migrating: 0 }))).toThrow(/a gate/);
  });
});

describe("clients", () => {
  it.each(["node", "gate"] as const)("are 0 grpc from the start of a %s", async (role) => {
    expect(await samples(create(role), "goverse_clients_connected")).toEqual({
      'goverse_clients_connected{node="localhost:47000",client_type="grpc"}': 0,
    });
  });

  it("of all sources add up, and a withdrawn source counts no more", async () => {
    const gate = create("gate");
    gate.observeClients(() => [["grpc", 3]]);
    const stop = gate.observeClients(() => new Map([["sse", 2] as const, ["grpc", 1] as const]));
    expect(await samples(gate, "goverse_clients_connected")).toEqual({
      'goverse_clients_connected{node="localhost:47000",client_type="grpc"}': 4,
      'goverse_clients_connected{node="localhost:47000",client_type="sse"}': 2,
    });
    stop();
    expect(Object.values(await samples(gate, "goverse_clients_connected"))).toEqual([3]);
  });
});

describe("losses and decisions", () => {
  it("exist at 0 once their reasons are declared, cold starts for types registered before and after", async () => {
    const metrics = create();
    metrics.registerType("Before", []);
    metrics.declareReasons({ shardDecisions: ["balanced"], coldStarts: ["crash"], pushDrops: ["client_gone"] });
    metrics.registerType("After", []);
    expect(await samples(metrics, "goverse_shard_decisions_total")).toEqual({
      'goverse_shard_decisions_total{node="localhost:47000",reason="balanced"}': 0,
    });
    expect(Object.keys(await samples(metrics, "goverse_objects_started_cold_total"))).toHaveLength(2);
    metrics.shardDecided("balanced", 3);
    metrics.objectStartedCold("After", "crash");
    metrics.objectStartedCold("Invented", "crash");
    metrics.pushesDropped("client_gone");
    metrics.leaseLost();
    expect(Object.values(await samples(metrics, "goverse_shard_decisions_total"))).toEqual([3]);
    expect(Object.values(await samples(metrics, "goverse_objects_started_cold_total"))).toEqual([0, 1, 1]);
    expect(Object.values(await samples(metrics, "goverse_pushes_dropped_total"))).toEqual([1]);
    expect(Object.values(await samples(metrics, "goverse_lease_lost_total"))).toEqual([1]);
  });

  it("with more reasons than there is room for are counted together", async () => {
    const metrics = create();
    for (let i = 0; i < 150; i += 1) metrics.pushesDropped(`reason ${i}`, 2);
    const counted = await samples(metrics, "goverse_pushes_dropped_total");
    expect(Object.keys(counted)).toHaveLength(101);
    expect(counted['goverse_pushes_dropped_total{node="localhost:47000",reason="_unknown"}']).toBe(100);
  });

  it("ignore what is not a positive number: one NaN would spoil a counter for ever", async () => {
    const metrics = create();
    for (const count of [Number.NaN, -5, 0]) metrics.shardsClaimed(count);
    expect(Object.values(await samples(metrics, "goverse_shard_claims_total"))).toEqual([0]);
  });
});

describe("the process", () => {
  it("says who and what it is", async () => {
    const metrics = create();
    expect(await samples(metrics, "goverse_build_info")).toEqual({
      [`goverse_build_info{version="1.2.3",node_version="${process.version}"}`]: 1,
    });
    expect(await samples(metrics, "goverse_node_info")).toEqual({
      'goverse_node_info{node="localhost:47000",role="node"}': 1,
    });
  });

  it("refuses to be created without an address or with an unknown role", () => {
    expect(() => createMetrics({ node: "", role: "node" })).toThrow(/node "" is not valid: give the advertise address/);
    expect(() => createMetrics({ node: "a:1", role: "gateway" as "gate" })).toThrow(/role "gateway"/);
  });

  it("brings the metrics of Node.js, without those that enumerate every socket", async () => {
    const first = createMetrics({ node: "a:1", role: "gate" });
    const second = createMetrics({ node: "b:1", role: "gate" });
    for (const metrics of [first, second]) {
      const names = (await text(metrics)).split("\n").filter((line) => line.startsWith("# TYPE "));
      expect(names.some((line) => line.startsWith("# TYPE process_cpu_seconds_total "))).toBe(true);
      expect(names.some((line) => line.startsWith("# TYPE nodejs_eventloop_lag_p99_seconds "))).toBe(true);
      expect(names.filter((line) => line.includes("_active_"))).toEqual([]);
    }
  });
});
