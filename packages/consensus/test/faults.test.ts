import { type Clock, type Epoch, systemClock } from "@goverse/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestCluster, type TestMember } from "./support/cluster.ts";
import { type FaultyClient, faultyClient, putKeys } from "./support/faulty-client.ts";
import { until } from "./support/until.ts";

const SHARDS = 8;
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.start(SHARDS);
});

afterEach(async () => {
  await cluster.stop();
});

const epochOf = (member: TestMember, shard: number): Epoch | undefined =>
  member.consensus.ownership.epochOf({ kind: "shard", shard });
const ownedBy = (member: TestMember): number[] =>
  Array.from({ length: SHARDS }, (_, shard) => shard).filter((shard) => epochOf(member, shard) !== undefined);

/** A node whose transactions can be tampered with. */
async function faultyMember(name: string): Promise<[TestMember, FaultyClient]> {
  let client: FaultyClient | undefined;
  const member = await cluster.member(name, { makeClient: (endpoint) => (client = faultyClient(endpoint)) });
  return [member, client as FaultyClient];
}

describe("a node cut off from etcd", () => {
  test("owns nothing before etcd can end its lease, and the others take over after that", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    const before = new Map(ownedBy(a).map((shard) => [shard, epochOf(a, shard) ?? 0]));
    a.link.pause();
    await until("a owns nothing", () => ownedBy(a).length === 0);
    // Its registration is still there: it knew by its own clock, before anybody could know.
    expect(cluster.get("nodes/a:1")).toBe("a:1");
    expect(a.consensus.incarnation).toBeUndefined();
    await until("it has dropped everything", () => a.holder.dropped.includes("all"));
    expect(a.metrics.lost).toBe(1);
    expect(a.consensus.readiness()).toEqual({ ready: false, reason: "not registered in etcd" });
    await cluster.balanced(b);
    for (const [shard, epoch] of before) expect(epochOf(b, shard)).toBeGreaterThan(epoch);
    expect(b.metrics.migrations).toEqual([...before.keys()].map(() => a.address));
    expect(b.holder.drained.size).toBe(0);
  });

  test("comes back as a new incarnation when the link does", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    const first = a.consensus.incarnation ?? 0;
    a.link.pause();
    await until("b has everything", () => ownedBy(b).length === SHARDS);
    a.link.resume();
    await cluster.balanced(a, b);
    expect(a.consensus.incarnation).toBeGreaterThan(first);
    expect(a.metrics.lost).toBe(1);
  });

  test("stopped by the system for longer than its lease, it owns nothing from its first instruction on", async () => {
    let sleptMs = 0;
    const clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + sleptMs };
    const a = await cluster.member("a", { clock });
    await a.consensus.start();
    await cluster.balanced(a);
    const first = a.consensus.incarnation;
    sleptMs = 60_000;
    // No timer and no message has had a chance to tell it.
    expect([ownedBy(a), a.consensus.incarnation, a.consensus.summary().owned]).toEqual([[], undefined, 0]);
    expect(a.holder.dropped).toEqual([]);
    await until("it has dropped everything", () => a.holder.dropped.includes("all"));
    await cluster.balanced(a);
    expect(a.consensus.incarnation).toBeGreaterThan(first ?? 0);
  });

  test("is replaced as leader when it led", async () => {
    const [a, b, c] = (await cluster.join("a", "b", "c")) as [TestMember, TestMember, TestMember];
    await cluster.balanced(a, b, c);
    const leader = [a, b, c].find(({ address }) => address === a.consensus.view.leader()) as TestMember;
    const others = [a, b, c].filter((member) => member !== leader);
    cluster.kill(leader);
    await cluster.balanced(...others);
    expect(others.map(({ address }) => address)).toContain(others[0]?.consensus.view.leader());
  });

  test("told by etcd that its lease has ended, it does not wait for its own deadline", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    const lease = cluster.etcd.store.leaseIds()[0] ?? 0n;
    cluster.etcd.expireLease(lease);
    await until("a has lost it", () => a.metrics.lost === 1);
    await cluster.balanced(a);
    expect(a.metrics.migrations).toEqual([]);
  });

  test("resumes after short cuts of all connections without losing anything", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    const incarnations = [a.consensus.incarnation, b.consensus.incarnation];
    for (let i = 0; i < 5; i += 1) {
      a.link.cut();
      cluster.etcd.dropConnections();
      cluster.put(`shard/${i}`, cluster.get(`shard/${i}`) ?? "");
      await until("both see etcd again", () => [a, b].every(({ consensus }) => consensus.readiness().ready));
    }
    expect([a.consensus.incarnation, b.consensus.incarnation]).toEqual(incarnations);
    expect([a.metrics.lost, b.metrics.lost]).toEqual([0, 0]);
    await cluster.balanced(a, b);
  });
});

describe("a view of etcd", () => {
  test("is read anew when the watch cannot be resumed because of a compaction", async () => {
    const [a, gate] = (await cluster.join("a", "gate")) as [TestMember, TestMember];
    gate.link.pause();
    gate.link.cut();
    cluster.put("shard/5", "a:1,a:1,f=seen");
    cluster.put("nodes/ghost:1", "ghost:1");
    cluster.etcd.store.deleteRange({ key: "/test/nodes/ghost:1" });
    cluster.put("shard/6", "a:1,a:1,f=seen");
    cluster.etcd.store.compact(cluster.etcd.store.revision);
    gate.link.resume();
    await until("the gate sees again", () => gate.consensus.readiness().ready);
    await until("a sees it too", () => a.consensus.readiness().ready);
    expect(gate.consensus.view.nodes().map(({ address }) => address)).toEqual([a.address]);
    expect(gate.consensus.view.locate({ kind: "shard", shard: 5 }).owner).toBe(a.address);
  });

  test("a silent server makes it too old to be ready or to count migrations, until it answers", async () => {
    const gate = await cluster.member("gate", { leaseTtlSeconds: 60 });
    const [a] = (await cluster.join("a")) as [TestMember];
    await gate.consensus.start();
    await cluster.ready(gate);
    gate.link.pause();
    await until("the gate is not ready", () => !gate.consensus.readiness().ready);
    expect(gate.consensus.summary()).toMatchObject({ migrating: undefined, unowned: undefined });
    gate.link.resume();
    await cluster.ready(gate, a);
    expect(gate.consensus.summary()).toMatchObject({ migrating: 0, unowned: 0 });
  }, 20_000);
});

describe("a registration", () => {
  test("whose answer is lost is recognised as its own", async () => {
    const [a, client] = await faultyMember("a");
    let attempts = 0;
    client.onTxn = (txn) => {
      if (!putKeys(txn).includes("/test/nodes/a:1")) return "pass";
      attempts += 1;
      return attempts === 1 ? "lose-answer" : "pass";
    };
    await a.consensus.start();
    expect(attempts).toBe(2);
    await cluster.balanced(a);
    expect(a.logger.lines.join("\n")).not.toMatch(/earlier registration/);
  });

  test("whose request is lost is sent again", async () => {
    const [a, client] = await faultyMember("a");
    let attempts = 0;
    client.onTxn = (txn) => {
      if (!putKeys(txn).includes("/test/nodes/a:1")) return "pass";
      attempts += 1;
      return attempts <= 2 ? "lose-request" : "pass";
    };
    await a.consensus.start();
    expect(attempts).toBe(3);
    await cluster.balanced(a);
  });
});

describe("a claim", () => {
  test("made on a view that has become old fails, and is made again on the new one", async () => {
    const [a, client] = await faultyMember("a");
    let planted = 0;
    client.onTxn = (txn) => {
      if (putKeys(txn).includes("/test/epoch/3") && planted < 3) {
        planted += 1;
        cluster.put("shard/3", "a:1,,f=planted");
      }
      return "pass";
    };
    await a.consensus.start();
    await cluster.balanced(a);
    expect(planted).toBe(3);
    expect(cluster.get("shard/3")).toBe("a:1,a:1,f=planted");
    expect(a.metrics.claimed).toBe(SHARDS);
  });

  test("is not made over the claim of another, even when the own view says the shard is free", async () => {
    const [a, client] = await faultyMember("a");
    let planted: number | undefined;
    client.onTxn = (txn) => {
      if (planted === undefined && putKeys(txn).includes("/test/epoch/3")) {
        // A living rival claims a moment before.
        cluster.put("nodes/rival:1", "rival:1");
        const incarnation = cluster.etcd.store.range({ key: "/test/nodes/rival:1" }).kvs[0]?.createRevision ?? 0;
        cluster.put("shard/3", "a:1,rival:1");
        cluster.put("epoch/3", `rival:1,${incarnation}`);
        planted = incarnation;
      }
      return "pass";
    };
    await a.consensus.start();
    await until("a has all the others", () => ownedBy(a).length === SHARDS - 1);
    expect(cluster.get("epoch/3")).toBe(`rival:1,${planted}`);
    expect(epochOf(a, 3)).toBeUndefined();
    // The rival dies: now it may.
    cluster.etcd.store.deleteRange({ key: "/test/nodes/rival:1" });
    await cluster.balanced(a);
    expect(a.metrics.migrations).toContain("rival:1");
  });

  test("whose answer is lost counts once, when the watch tells of it", async () => {
    const [a, client] = await faultyMember("a");
    let lost = 0;
    client.onTxn = (txn) => {
      if (!putKeys(txn).some((key) => key.startsWith("/test/epoch/")) || lost >= 2) return "pass";
      lost += 1;
      return "lose-answer";
    };
    await a.consensus.start();
    await cluster.balanced(a);
    expect(a.metrics.claimed).toBe(SHARDS);
  });
});

describe("a release", () => {
  const targetOf = (shard: number): string | undefined => cluster.get(`shard/${shard}`)?.split(",")[0];

  test("is called off when the leader wants the shard back while it is drained", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    const epochs = ownedBy(a).map((shard) => epochOf(a, shard));
    a.holder.onDrain = (shards) => {
      for (const shard of shards) cluster.put(`shard/${shard}`, "a:1,a:1");
      return until("a knows", () => a.consensus.summary().targeted === SHARDS);
    };
    cluster.put("nodes/b:1", "b:1");
    await until("a was told to hand over", () => a.holder.drained.size > 0);
    cluster.etcd.store.deleteRange({ key: "/test/nodes/b:1" });
    await until("all is called off", () => a.holder.undrained.size >= a.holder.drained.size);
    await cluster.balanced(a);
    expect(a.metrics.released).toBe(0);
    expect(ownedBy(a).map((shard) => epochOf(a, shard))).toEqual(epochs);
  });

  test("is refused by etcd when the leader wants the shard back a moment before, and the shard is owned on", async () => {
    const [a, client] = await faultyMember("a");
    await a.consensus.start();
    await cluster.balanced(a);
    const epoch = epochOf(a, 2);
    let refused = 0;
    client.onTxn = (txn) => {
      const isRelease = putKeys(txn).join() === "/test/shard/2";
      if (isRelease && txn.compare.length === 0 && refused === 0) {
        refused += 1;
        cluster.put("shard/2", "a:1,a:1");
      }
      return "pass";
    };
    cluster.put("shard/2", "ghost:1,a:1");
    await until("the release was refused", () => refused === 1);
    await until("a owns it on", () => epochOf(a, 2) !== undefined && a.holder.undrained.has(2));
    expect(epochOf(a, 2)).toBe(epoch);
    expect(targetOf(2)).toBe("a:1");
  });

  test("ends ownership at once, also when its answer never comes", async () => {
    const [a, client] = await faultyMember("a");
    await a.consensus.start();
    await cluster.balanced(a);
    const epoch = epochOf(a, 2) ?? 0;
    let isLosing = true;
    let lost = 0;
    client.onTxn = (txn) => {
      const isRelease = txn.compare.length === 0 && putKeys(txn).join() === "/test/shard/2";
      if (!isRelease || !isLosing) return "pass";
      lost += 1;
      return "lose-request";
    };
    // A target that lives, so that the leader leaves it there.
    cluster.put("nodes/b:1", "b:1");
    cluster.put("shard/2", "b:1,a:1");
    await until("releases were lost", () => lost >= 2);
    expect(cluster.get("shard/2")).toBe("b:1,a:1");
    expect(epochOf(a, 2)).toBeUndefined();
    isLosing = false;
    await until("it is released", () => cluster.get("shard/2") === "b:1,");
    cluster.etcd.store.deleteRange({ key: "/test/nodes/b:1" });
    await until("a owns it again, under a new epoch", () => (epochOf(a, 2) ?? 0) > epoch);
    await cluster.balanced(a);
  });
});

describe("a leader", () => {
  test("takes the place of a key that was left without a lease", async () => {
    cluster.put("leader", "leftover:1");
    const [a] = (await cluster.join("a")) as [TestMember];
    expect(a.consensus.view.leader()).toBe(a.address);
    expect(a.logger.lines.join("\n")).toMatch(/warn removing a leader's key that has no lease .*leftover:1/);
  });

  test("gives a shard that its living target does not claim to another node", async () => {
    const a = await cluster.member("a", { stuckShardMs: 300 });
    // Registered, but never claims: a process that hangs while something keeps its lease alive.
    cluster.put("nodes/zombie:1", "zombie:1");
    await a.consensus.start();
    await until("everything that the zombie did not claim went to a", () => ownedBy(a).length === SHARDS);
    expect(a.metrics.decisions.get("stuck")).toBe(SHARDS / 2);
    // Nothing that a serves is given to the zombie in exchange.
    expect(a.metrics.released).toBe(0);
    expect(a.logger.lines.join("\n")).toMatch(/warn shards planned .*stuck/);
  });

  test("that has been replaced without knowing cannot assign", async () => {
    const [a, client] = await faultyMember("a");
    let replaced = false;
    client.onTxn = (txn) => {
      if (
        !replaced &&
        txn.compare.some(({ key }) => key === "/test/leader") &&
        JSON.stringify(txn.success).includes("shard/")
      ) {
        replaced = true;
        cluster.etcd.store.deleteRange({ key: "/test/leader" });
        const lease = cluster.etcd.store.leaseGrant({ ttlSeconds: 60 }).id;
        cluster.etcd.store.put({ key: "/test/leader", value: "somebody:1", lease });
      }
      return "pass";
    };
    await a.consensus.start();
    await until("its assignment was refused", () =>
      a.logger.lines.some((line) => line.includes("not the leader any more")),
    );
    expect(cluster.get("shard/0")).toBeUndefined();
    expect(a.consensus.view.leader()).toBe("somebody:1");
    cluster.etcd.store.deleteRange({ key: "/test/leader" });
    await cluster.balanced(a);
  });
});
