import { type Address, formatShardValue, parseOwner, parseShardValue, type ShardEntry } from "@goverse/core";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EtcdClient } from "../src/etcd/client.ts";
import { connectEtcd } from "../src/etcd/connect.ts";
import { clusterKeys } from "../src/keys.ts";
import {
  assignWrite,
  batchResults,
  batchTxn,
  CLAIMS_PER_TXN,
  campaignTxn,
  claimWrite,
  dethroneTxn,
  leaderGuard,
  registeredGuard,
  registerTxn,
  releaseWrite,
  SHARDS_PER_TXN,
  type ShardWrite,
} from "../src/transactions.ts";
import { writeBatch } from "../src/write-batch.ts";

const A = "a:1" as Address;
const B = "b:1" as Address;
const TIMEOUT_MS = 5000;
let etcd: EmbeddedEtcd;
let client: EtcdClient;
let round = 0;
let keys = clusterKeys("/t0");

beforeAll(async () => {
  etcd = await startEmbeddedEtcd({ port: 0 });
  client = connectEtcd({ endpoints: [etcd.address] });
});

afterAll(async () => {
  client.close();
  await etcd.stop();
});

beforeEach(() => {
  round += 1;
  keys = clusterKeys(`/t${round}`);
});

const put = (key: string, value: string): number => etcd.store.put({ key, value }).revision;
const remove = (key: string): unknown => etcd.store.deleteRange({ key });
const get = (key: string): string | undefined => etcd.store.range({ key }).kvs[0]?.value;

/** The entry of shard 7 as etcd holds it. */
function entry(): ShardEntry {
  const shard = etcd.store.range({ key: keys.shard(7) }).kvs[0];
  const epoch = etcd.store.range({ key: keys.epoch(7) }).kvs[0];
  return {
    ...parseShardValue(shard?.value ?? ""),
    modRevision: shard?.modRevision ?? 0,
    lastOwner: epoch === undefined ? undefined : parseOwner(epoch.value),
    epoch: epoch?.modRevision ?? 0,
  };
}

const registered = (address: Address): { address: Address; incarnation: number } => ({
  address,
  incarnation: put(keys.node(address), address),
});

async function write(one: ShardWrite, guard = batchTxn([]).compare): Promise<boolean | undefined> {
  const answer = await client.txn(batchTxn([one], guard), TIMEOUT_MS);
  return batchResults([one], answer)?.[0]?.succeeded;
}

describe("a registration", () => {
  test("succeeds only where nobody is registered, and answers who is", async () => {
    await client.grantLease("77", 60, TIMEOUT_MS);
    const txn = registerTxn(keys.node(A), A, [keys.meta(A), "{}"], "77");
    expect((await client.txn(txn, TIMEOUT_MS)).succeeded).toBe(true);
    const second = await client.txn(txn, TIMEOUT_MS);
    expect(second.succeeded).toBe(false);
    expect(second.results[0]?.kvs[0]).toMatchObject({ value: A, lease: "77" });
    await client.revokeLease("77", TIMEOUT_MS);
    expect([get(keys.node(A)), get(keys.meta(A))]).toEqual([undefined, undefined]);
  });
});

describe("leadership", () => {
  test("needs the own registration, and that nobody leads", async () => {
    await client.grantLease("78", 60, TIMEOUT_MS);
    const a = registered(A);
    const stale = campaignTxn(keys, { ...a, incarnation: a.incarnation - 1 }, "78");
    expect((await client.txn(stale, TIMEOUT_MS)).succeeded).toBe(false);
    expect((await client.txn(campaignTxn(keys, a, "78"), TIMEOUT_MS)).succeeded).toBe(true);
    expect((await client.txn(campaignTxn(keys, registered(B), "78"), TIMEOUT_MS)).succeeded).toBe(false);
    await client.revokeLease("78", TIMEOUT_MS);
  });

  test("of a key without a lease is ended only as it was seen", async () => {
    const revision = put(keys.leader, "old:1");
    const leader = { address: "old:1" as Address, revision, modRevision: revision, lease: "0" };
    put(keys.leader, "old:1");
    expect((await client.txn(dethroneTxn(keys, leader), TIMEOUT_MS)).succeeded).toBe(false);
    const modRevision = etcd.store.range({ key: keys.leader }).kvs[0]?.modRevision ?? 0;
    expect((await client.txn(dethroneTxn(keys, { ...leader, modRevision }), TIMEOUT_MS)).succeeded).toBe(true);
    expect(get(keys.leader)).toBeUndefined();
  });
});

describe("an assignment", () => {
  test("is written only by the leader that still leads and is still registered", async () => {
    const a = registered(A);
    const revision = put(keys.leader, A);
    const leadership = { address: A, revision, modRevision: revision, lease: "1" };
    const guard = leaderGuard(keys, leadership, a);
    expect(await write(assignWrite(keys, 7, entry(), B), guard)).toBe(true);
    expect(get(keys.shard(7))).toBe("b:1,");
    remove(keys.leader);
    put(keys.leader, A);
    expect(await write(assignWrite(keys, 7, entry(), A), guard)).toBeUndefined();
    const again = leaderGuard(keys, { ...leadership, revision: put(keys.leader, A) }, a);
    expect(await write(assignWrite(keys, 7, entry(), A), again)).toBeUndefined();
    expect(get(keys.shard(7))).toBe("b:1,");
  });

  test("is refused when the shard was written since, and keeps owner and flags", async () => {
    put(keys.shard(7), "a:1,a:1,f=pinned");
    const old = entry();
    put(keys.shard(7), "a:1,,f=pinned,f=x");
    expect(await write(assignWrite(keys, 7, old, B))).toBe(false);
    expect(await write(assignWrite(keys, 7, entry(), B))).toBe(true);
    expect(get(keys.shard(7))).toBe("b:1,,f=pinned,f=x");
  });
});

describe("a claim", () => {
  const claim = (
    self: { address: Address; incarnation: number },
    kind: "released" | "dead",
  ): Promise<boolean | undefined> => {
    const now = entry();
    const ground =
      kind === "dead" && now.lastOwner ? ({ kind, owner: now.lastOwner } as const) : ({ kind: "released" } as const);
    return write(claimWrite(keys, 7, now, self, ground), registeredGuard(keys, self));
  };

  test("after a release writes owner and epoch, and the epoch is its revision", async () => {
    put(keys.shard(7), "b:1,,f=pinned");
    const b = registered(B);
    expect(await claim(b, "released")).toBe(true);
    expect(formatShardValue(entry())).toBe("b:1,b:1,f=pinned");
    expect(entry().lastOwner).toEqual(b);
    expect(entry().epoch).toBe(entry().modRevision);
  });

  test("is refused when the claimer is not registered as this incarnation", async () => {
    put(keys.shard(7), "b:1,");
    const b = registered(B);
    remove(keys.node(B));
    expect(await claim(b, "released")).toBeUndefined();
    registered(B);
    expect(await claim(b, "released")).toBeUndefined();
    expect(get(keys.epoch(7))).toBeUndefined();
  });

  test("is refused when the shard, or its epoch, was written since", async () => {
    put(keys.shard(7), "b:1,");
    const b = registered(B);
    const old = entry();
    put(keys.shard(7), "b:1,");
    expect(await write(claimWrite(keys, 7, old, b, { kind: "released" }))).toBe(false);
    const older = entry();
    put(keys.epoch(7), "a:1,5");
    expect(await write(claimWrite(keys, 7, older, b, { kind: "released" }))).toBe(false);
    expect(await claim(b, "released")).toBe(true);
  });

  test("after a death is refused as long as the owner is registered, whatever the claimer believes", async () => {
    const a = registered(A);
    const b = registered(B);
    put(keys.shard(7), "b:1,a:1");
    put(keys.epoch(7), `a:1,${a.incarnation}`);
    expect(await claim(b, "dead")).toBe(false);
    remove(keys.node(A));
    expect(await claim(b, "dead")).toBe(true);
  });

  test("after a death succeeds when the owner was reborn: that is another incarnation", async () => {
    const a = registered(A);
    const b = registered(B);
    put(keys.shard(7), "b:1,a:1");
    put(keys.epoch(7), `a:1,${a.incarnation}`);
    remove(keys.node(A));
    registered(A);
    expect(await claim(b, "dead")).toBe(true);
  });

  test("of the own shards after a restart needs no proof but the own registration", async () => {
    put(keys.shard(7), "a:1,a:1");
    put(keys.epoch(7), "a:1,3");
    const a = registered(A);
    expect(await claim(a, "dead")).toBe(true);
    expect(entry().lastOwner).toEqual(a);
  });
});

describe("a release", () => {
  test("keeps target and flags, and names nobody as owner", async () => {
    put(keys.shard(7), "b:1,a:1,f=pinned");
    put(keys.epoch(7), "a:1,3");
    expect(await write(releaseWrite(keys, 7, entry()))).toBe(true);
    expect(get(keys.shard(7))).toBe("b:1,,f=pinned");
    expect(get(keys.epoch(7))).toBe("a:1,3");
  });

  test("is refused when the leader retargeted or another claimed, and answers with both keys", async () => {
    put(keys.shard(7), "b:1,a:1");
    put(keys.epoch(7), "a:1,3");
    const old = entry();
    put(keys.shard(7), "a:1,a:1");
    const one = releaseWrite(keys, 7, old);
    const [result] = batchResults([one], await client.txn(batchTxn([one]), TIMEOUT_MS)) ?? [];
    expect(result?.succeeded).toBe(false);
    expect(result?.changes.map(({ kv }) => kv?.value)).toEqual(["a:1,a:1", "a:1,3"]);
    const older = entry();
    put(keys.epoch(7), "b:1,4");
    expect(await write(releaseWrite(keys, 7, older))).toBe(false);
  });
});

test("claims that nobody disturbs are written at one level, in one transaction", async () => {
  const b = registered(B);
  const writes = Array.from({ length: CLAIMS_PER_TXN }, (_, shard) => {
    const seen = put(keys.shard(shard), "b:1,");
    const value: ShardEntry = { ...parseShardValue("b:1,"), modRevision: seen, lastOwner: undefined, epoch: 0 };
    return claimWrite(keys, shard, value, b, { kind: "released" });
  });
  const before = etcd.store.revision;
  const results = (await writeBatch(client, writes, registeredGuard(keys, b), TIMEOUT_MS)) ?? [];
  expect(results.every(({ succeeded }) => succeeded)).toBe(true);
  expect(etcd.store.revision).toBe(before + 1);
  expect(results[5]?.changes.map(({ key, modRevision }) => [key, modRevision])).toEqual([
    [keys.shard(5), before + 1],
    [keys.epoch(5), before + 1],
  ]);
});

test("one claim that was overtaken does not hold up the others", async () => {
  const b = registered(B);
  const writes = [1, 2, 3].map((shard) => {
    const seen = put(keys.shard(shard), "b:1,");
    const value: ShardEntry = { ...parseShardValue("b:1,"), modRevision: seen, lastOwner: undefined, epoch: 0 };
    return claimWrite(keys, shard, value, b, { kind: "released" });
  });
  put(keys.shard(2), "a:1,");
  const results = (await writeBatch(client, writes, registeredGuard(keys, b), TIMEOUT_MS)) ?? [];
  expect(results.map(({ succeeded }) => succeeded)).toEqual([true, false, true]);
  expect(get(keys.shard(2))).toBe("a:1,");
  expect(await writeBatch(client, writes, registeredGuard(keys, { ...b, incarnation: 1 }), TIMEOUT_MS)).toBeUndefined();
});

test("a full batch with the most compares fits into one transaction, and each shard succeeds or fails alone", async () => {
  const b = registered(B);
  const dead = { address: A, incarnation: 1 };
  const writes = Array.from({ length: SHARDS_PER_TXN }, (_, shard) => {
    const seen = put(keys.shard(shard), "b:1,a:1");
    const value: ShardEntry = { ...parseShardValue("b:1,a:1"), modRevision: seen, lastOwner: dead, epoch: 0 };
    return claimWrite(keys, shard, value, b, { kind: "dead", owner: dead });
  });
  put(keys.shard(3), "a:1,a:1");
  const answer = await client.txn(batchTxn(writes, registeredGuard(keys, b)), TIMEOUT_MS);
  const results = batchResults(writes, answer) ?? [];
  expect(results.filter(({ succeeded }) => !succeeded).map(({ shard }) => shard)).toEqual([3]);
  expect(results[0]?.changes.map(({ modRevision }) => modRevision)).toEqual([answer.revision, answer.revision]);
  expect(get(keys.epoch(SHARDS_PER_TXN - 1))).toBe(`b:1,${b.incarnation}`);
});
