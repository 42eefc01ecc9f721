import type { Address } from "@goverse/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestCluster, type TestMember } from "./support/cluster.ts";
import { until } from "./support/until.ts";

const SHARDS = 16;
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.start(SHARDS);
});

afterEach(async () => {
  await cluster.stop();
});

const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
const ownerOf = (member: TestMember, shard: number): Address | undefined =>
  member.consensus.view.locate({ kind: "shard", shard }).owner;
const ownedBy = (member: TestMember): number[] =>
  shards.filter((shard) => member.consensus.ownership.epochOf({ kind: "shard", shard }) !== undefined);

describe("a starting cluster", () => {
  test("gets ready with all shards owned equally, seen alike by everybody", async () => {
    const [a, b, c, gate] = (await cluster.join("a", "b", "c", "gate")) as [
      TestMember,
      TestMember,
      TestMember,
      TestMember,
    ];
    expect([a, b, c].map(({ consensus }) => consensus.summary().owned).sort((x, y) => x - y)).toEqual([5, 5, 6]);
    await cluster.balanced(a, b, c);
    for (const shard of shards) {
      const place = { kind: "shard", shard } as const;
      const location = gate.consensus.view.locate(place);
      const owner = [a, b, c].find(({ address }) => address === location.owner);
      expect(owner?.consensus.ownership.epochOf(place)).toBe(location.owner === undefined ? -1 : location.epoch);
      for (const node of [a, b, c]) expect(node.consensus.view.locate(place)).toEqual(location);
    }
    expect(gate.consensus.summary()).toEqual({ owned: 0, targeted: 0, migrating: 0, unowned: 0 });
    expect(a.consensus.view.leader()).toBeDefined();
  });

  test("deals only once the expected nodes are there", async () => {
    const a = await cluster.member("a", { expectNodes: 2 });
    await a.consensus.start();
    await until("a leads", () => a.consensus.view.leader() === a.address);
    expect(a.consensus.readiness()).toEqual({ ready: false, reason: "16 of 16 shards have no owner yet" });
    const b = await cluster.member("b", { expectNodes: 2 });
    await b.consensus.start();
    await cluster.balanced(a, b);
    // Each shard was claimed once: nothing was dealt to the first node alone.
    expect([a.metrics.claimed, b.metrics.claimed]).toEqual([8, 8]);
    expect([a.metrics.migrations, b.metrics.migrations]).toEqual([[], []]);
  });

  test("tells everybody who is there and what they say of themselves", async () => {
    const [a, gate] = (await cluster.join("a", "gate")) as [TestMember, TestMember];
    const { view } = gate.consensus;
    expect(view.nodes()).toEqual([
      {
        address: a.address,
        role: "node",
        incarnation: a.consensus.incarnation,
        draining: false,
        meta: { version: "1.2.3", types: ["Room"], protocol: { min: 1, max: 1 } },
      },
    ]);
    expect(view.gates().map(({ address }) => address)).toEqual([gate.address]);
    expect(view.isAlive(a.address)).toBe(true);
    expect(view.isAlive(gate.address)).toBe(true);
    expect(view.isAlive("nobody:1" as Address)).toBe(false);
    expect(view.ageMs()).toBeLessThan(10_000);
  });

  test("locates what is pinned to a node at that node, as long as it is registered", async () => {
    const [a, gate] = (await cluster.join("a", "gate")) as [TestMember, TestMember];
    const place = { kind: "node", address: a.address } as const;
    const { incarnation } = a.consensus;
    expect(gate.consensus.view.locate(place)).toEqual({ owner: a.address, epoch: incarnation, incarnation });
    expect(a.consensus.ownership.epochOf(place)).toBe(incarnation);
    expect(a.consensus.ownership.epochOf({ kind: "node", address: gate.address })).toBeUndefined();
    await a.consensus.stop();
    await until("a is gone", () => gate.consensus.view.nodes().length === 0);
    expect(gate.consensus.view.locate(place).owner).toBeUndefined();
    expect(gate.consensus.readiness()).toEqual({ ready: false, reason: "no node is registered" });
  });

  test("keeps the flags of shards, and a pinned shard where it is", async () => {
    cluster.put("shard/3", ",,f=pinned,f=mine");
    const [a] = (await cluster.join("a")) as [TestMember];
    expect(cluster.get("shard/3")).toBe("a:1,a:1,f=pinned,f=mine");
    const [b] = (await cluster.join("b")) as [TestMember];
    await cluster.balanced(a, b);
    expect(cluster.get("shard/3")).toBe("a:1,a:1,f=pinned,f=mine");
    await a.consensus.stop();
    await cluster.balanced(b);
    expect(cluster.get("shard/3")).toBe("b:1,b:1,f=pinned,f=mine");
  });
});

describe("a joining node", () => {
  test("gets its share, drained by the owners first, and no other shard moves", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    const before = shards.map((shard) => ownerOf(a, shard));
    const [c] = (await cluster.join("c")) as [TestMember];
    await cluster.balanced(a, b, c);
    const moved = shards.filter((shard) => ownerOf(a, shard) !== before[shard]);
    expect(moved).toEqual(ownedBy(c));
    expect(moved).toHaveLength(5);
    for (const shard of moved) {
      const [from, other] = before[shard] === a.address ? [a, b] : [b, a];
      expect(from.holder.drained.has(shard)).toBe(true);
      expect(other.holder.drained.has(shard)).toBe(false);
      expect(c.holder.undrained.has(shard)).toBe(true);
    }
    expect(c.metrics.claimed).toBe(5);
    expect(a.metrics.released + b.metrics.released).toBe(5);
    expect(c.metrics.migrations.sort()).toEqual(moved.map((shard) => String(before[shard])).sort());
    expect([a.metrics.migrations, b.metrics.migrations]).toEqual([[], []]);
    expect(c.metrics.peers.sort()).toEqual([a.address, b.address]);
  });

  test("does not get a shard whose objects will not come to rest, until they do", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    let refusals = 0;
    a.holder.onDrain = () => {
      refusals += 1;
      return refusals <= 2 ? Promise.reject(new Error("busy")) : Promise.resolve();
    };
    const [b] = (await cluster.join("b")) as [TestMember];
    await until("a refused twice", () => refusals === 2);
    expect(a.consensus.summary().owned).toBe(SHARDS);
    expect(ownerOf(b, 0)).toBe(a.address);
    await cluster.balanced(a, b);
    expect(a.holder.events.filter((event) => event.startsWith("undrain"))).not.toEqual([]);
  });
});

describe("a leaving node", () => {
  test("hands everything over before it goes, also when it leads", async () => {
    const [a, b, c] = (await cluster.join("a", "b", "c")) as [TestMember, TestMember, TestMember];
    await cluster.balanced(a, b, c);
    const leader = [a, b, c].find(({ address }) => address === a.consensus.view.leader()) as TestMember;
    const others = [a, b, c].filter((member) => member !== leader);
    const owned = ownedBy(leader);
    await leader.consensus.stop();
    expect(leader.consensus.readiness()).toEqual({ ready: false, reason: "stopping" });
    expect([...leader.holder.drained].sort((x, y) => x - y)).toEqual(owned);
    expect(leader.holder.dropped).toEqual([]);
    expect(leader.metrics.released).toBe(owned.length);
    expect(cluster.get(`nodes/${leader.address}`)).toBeUndefined();
    await cluster.balanced(...others);
    await until("somebody else leads", () =>
      others.some(({ address }) => others[0]?.consensus.view.leader() === address),
    );
    // Moved by agreement: each counted once, by the node that got it.
    const migrations = others.flatMap(({ metrics }) => metrics.migrations);
    expect(migrations).toEqual(owned.map(() => leader.address));
  });

  test("goes at once when it is the last, and leaves its shards to whoever comes", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    await a.consensus.stop();
    expect([...a.holder.drained]).toHaveLength(SHARDS);
    // No write for each shard: the end of its registration frees them all.
    expect(cluster.get("shard/0")).toBe("a:1,a:1");
    expect(cluster.get("nodes/a:1")).toBeUndefined();
    expect(a.metrics.released).toBe(0);
    const [b] = (await cluster.join("b")) as [TestMember];
    await cluster.balanced(b);
    expect(b.metrics.migrations).toHaveLength(SHARDS);
  });

  test("leaves in time even if its objects never come to rest", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    a.holder.onDrain = () => new Promise(() => {});
    const owned = ownedBy(a);
    await a.consensus.stop({ timeoutMs: 300 });
    expect(a.holder.dropped).toEqual(owned);
    await cluster.balanced(b);
  });

  test("all of them together leave quickly", async () => {
    const members = await cluster.join("a", "b", "c", "gate");
    await Promise.all(members.map(({ consensus }) => consensus.stop()));
    for (const { holder } of members) expect(holder.dropped).toEqual([]);
    expect(cluster.etcd.store.leaseIds()).toEqual([]);
    expect(cluster.get("leader")).toBeUndefined();
  });

  test("may be asked to stop twice, and before it ever started", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    await Promise.all([a.consensus.stop(), a.consensus.stop()]);
    const b = await cluster.member("b");
    await b.consensus.stop();
    expect(b.consensus.readiness().ready).toBe(false);
  });
});

describe("a node that comes back at its address", () => {
  test("after a stop, takes its place without waiting", async () => {
    const [a, b] = (await cluster.join("a", "b")) as [TestMember, TestMember];
    await cluster.balanced(a, b);
    const first = a.consensus.incarnation ?? 0;
    await a.consensus.stop();
    const started = performance.now();
    const [again] = (await cluster.join("a")) as [TestMember];
    expect(performance.now() - started).toBeLessThan(1800);
    expect(again.consensus.incarnation).toBeGreaterThan(first);
    await cluster.balanced(again, b);
  });

  test("after it was alone, reclaims what it had: claims, not migrations", async () => {
    const [a] = (await cluster.join("a")) as [TestMember];
    cluster.kill(a);
    const again = await cluster.member("a");
    await again.consensus.start();
    await cluster.balanced(again);
    expect(again.metrics.claimed).toBe(SHARDS);
    expect(again.metrics.migrations).toEqual([]);
    // It had to wait for its predecessor's lease, and said so.
    expect(again.logger.lines.join("\n")).toMatch(/waiting up to \d s for an earlier registration of a:1 to end/);
  });
});

describe("a process that cannot take part", () => {
  test("is told when its shard count is another than the cluster's", async () => {
    await cluster.join("a");
    const b = await cluster.member("b", { shardCount: 32 });
    await expect(b.consensus.start()).rejects.toThrow(
      /started with 32 shards, but the cluster under \/test\/ has 16: start it with that number/,
    );
    expect(cluster.get("nodes/b:1")).toBeUndefined();
  });

  test("is told when etcd does not answer, in time", async () => {
    const a = await cluster.member("a", { etcdEndpoints: ["127.0.0.1:1", "127.0.0.1:2"], connectTimeoutMs: 300 });
    const started = performance.now();
    await expect(a.consensus.start()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(
        /etcd does not answer at 127\.0\.0\.1:1, 127\.0\.0\.1:2 \(waited 300 ms; .*\): start it/,
      ),
    });
    expect(performance.now() - started).toBeLessThan(2500);
  });

  test("is told when another living process has its address", async () => {
    await cluster.join("a");
    const twin = await cluster.member("a", { leaseTtlSeconds: 2 });
    await expect(twin.consensus.start()).rejects.toThrow(/another living process is registered as a:1/);
    // Found out in two lives of the other's lease and a second.
  }, 15_000);

  test("is told when a registration at its address will never end", async () => {
    cluster.put("nodes/a:1", "a:1");
    const a = await cluster.member("a");
    await expect(a.consensus.start()).rejects.toThrow(/without a lease.*delete the key \/test\/nodes\/a:1/);
  });
});
