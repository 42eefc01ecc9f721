import {
  type Address,
  assignedValue,
  claimedValue,
  type ClaimGround,
  formatOwner,
  formatShardValue,
  releasedValue,
  type Self,
  type ShardEntry,
} from "@goverse/core";
import type { Compare, KeyValue, LeaseId, Op, Txn, TxnResult } from "./etcd/client.ts";
import type { Keys } from "./keys.ts";
import type { Leadership } from "./cluster-state.ts";
import type { KeyChange } from "./mirror.ts";

/**
 * Shards in one transaction. etcd allows 128 operations and counts them per level of nesting: 120 shards leave 8 for the compares
 * of each.
 */
export const SHARDS_PER_TXN = 120;
/** Claims in one transaction: two compares and two puts each, with the guard within etcd's 128 also when they stand at one level. */
export const CLAIMS_PER_TXN = 60;

/** One shard's write: under which conditions, and what. A part of a batch that succeeds or fails alone. */
export interface ShardWrite {
  readonly shard: number;
  /** What to read when a condition does not hold. */
  readonly read: readonly string[];
  readonly compare: readonly Compare[];
  readonly puts: readonly { readonly key: string; readonly value: string }[];
}

/** What became of one shard's write, and every version of its keys that the answer told. */
export interface ShardWriteResult {
  readonly shard: number;
  readonly succeeded: boolean;
  readonly changes: readonly KeyChange[];
}

/** IF nobody is registered here THEN register under the lease, ELSE say who is. */
export function registerTxn(
  key: string,
  address: Address,
  meta: readonly [key: string, value: string],
  lease: LeaseId,
): Txn {
  return {
    compare: [created(key, 0)],
    success: [
      { op: "put", key, value: address, lease },
      { op: "put", key: meta[0], value: meta[1], lease },
    ],
    failure: [{ op: "get", key }],
  };
}

/** IF this registration still stands THEN say something else about it. */
export function metaTxn(
  key: string,
  incarnation: number,
  meta: readonly [key: string, value: string],
  lease: LeaseId,
): Txn {
  return {
    compare: [created(key, incarnation)],
    success: [{ op: "put", key: meta[0], value: meta[1], lease }],
    failure: [],
  };
}

/** IF nobody leads and this registration stands THEN lead, under the lease. */
export function campaignTxn(keys: Keys, self: Self, lease: LeaseId): Txn {
  return {
    compare: [created(keys.leader, 0), created(keys.node(self.address), self.incarnation)],
    success: [{ op: "put", key: keys.leader, value: self.address, lease }],
    failure: [],
  };
}

/** IF nobody has written the leader's key since THEN remove it. */
export function dethroneTxn(keys: Keys, leader: Leadership): Txn {
  return {
    compare: [modified(keys.leader, leader.modRevision)],
    success: [{ op: "delete", key: keys.leader }],
    failure: [],
  };
}

/** IF the cluster has no configuration yet THEN write it, ELSE read it. */
export function configTxn(keys: Keys, config: string): Txn {
  return {
    compare: [created(keys.config, 0)],
    success: [{ op: "put", key: keys.config, value: config }],
    failure: [{ op: "get", key: keys.config }],
  };
}

/** The leader's write of one shard: it moves only if nobody has written it since. */
export function assignWrite(keys: Keys, shard: number, entry: ShardEntry, target: Address): ShardWrite {
  const key = keys.shard(shard);
  return {
    shard,
    read: [key],
    compare: [modified(key, entry.modRevision)],
    puts: [{ key, value: formatShardValue(assignedValue(entry, target)) }],
  };
}

/**
 * A claim: nobody has written or claimed the shard since, and its owner is still dead if it had to be. That the claimer is alive is
 * the same for all shards: {@link registeredGuard}.
 */
export function claimWrite(keys: Keys, shard: number, entry: ShardEntry, self: Self, ground: ClaimGround): ShardWrite {
  const shardKey = keys.shard(shard);
  const epochKey = keys.epoch(shard);
  const compare = [modified(shardKey, entry.modRevision), modified(epochKey, entry.epoch)];
  // An earlier incarnation of this node is dead for certain, because this one lives.
  if (ground.kind === "dead" && ground.owner.address !== self.address) {
    const { address, incarnation } = ground.owner;
    compare.push({ ...created(keys.node(address), incarnation), is: "not-equal" });
  }
  return {
    shard,
    read: [shardKey, epochKey],
    compare,
    puts: [
      { key: shardKey, value: formatShardValue(claimedValue(entry, self)) },
      { key: epochKey, value: formatOwner(self) },
    ],
  };
}

/** A release: nobody has written or claimed the shard since. */
export function releaseWrite(keys: Keys, shard: number, entry: ShardEntry): ShardWrite {
  const shardKey = keys.shard(shard);
  const epochKey = keys.epoch(shard);
  return {
    shard,
    read: [shardKey, epochKey],
    compare: [modified(shardKey, entry.modRevision), modified(epochKey, entry.epoch)],
    puts: [{ key: shardKey, value: formatShardValue(releasedValue(entry)) }],
  };
}

/** What all claims of a process compare: it is still registered as this incarnation. */
export function registeredGuard(keys: Keys, self: Self): Compare[] {
  return [created(keys.node(self.address), self.incarnation)];
}

/** What all leader's writes compare: it still leads, and it is still registered. */
export function leaderGuard(keys: Keys, leadership: Leadership, self: Self): Compare[] {
  return [created(keys.leader, leadership.revision), ...registeredGuard(keys, self)];
}

/**
 * Writes of several shards in one transaction. Each is nested, so it succeeds or fails alone; what fails answers with the keys as
 * they are. When `guard` does not hold, none is tried.
 */
export function batchTxn(writes: readonly ShardWrite[], guard: readonly Compare[] = []): Txn {
  const nested = writes.map(({ read, compare, puts }): Op => ({
    op: "txn",
    txn: {
      compare,
      success: puts.map(({ key, value }) => ({ op: "put", key, value })),
      failure: read.map((key) => ({ op: "get", key })),
    },
  }));
  return { compare: guard, success: nested, failure: [] };
}

/** The same writes with all conditions at the top: all succeed, or none. */
export function flatTxn(writes: readonly ShardWrite[], guard: readonly Compare[]): Txn {
  return {
    compare: [...guard, ...writes.flatMap(({ compare }) => compare)],
    success: writes.flatMap(({ puts }) => puts.map(({ key, value }): Op => ({ op: "put", key, value }))),
    failure: [],
  };
}

/** What writes that have all succeeded at `revision` came to. */
export function writtenResults(writes: readonly ShardWrite[], revision: number): ShardWriteResult[] {
  return writes.map(({ shard, puts }) => {
    return { shard, succeeded: true, changes: puts.map(({ key, value }) => written(key, value, revision)) };
  });
}

/** Reads a batch's answer; `undefined` when its guard did not hold. */
export function batchResults(writes: readonly ShardWrite[], answer: TxnResult): ShardWriteResult[] | undefined {
  if (!answer.succeeded) return undefined;
  return writes.map(({ shard, puts }, index) => {
    const result = answer.results[index]?.txn;
    const succeeded = result?.succeeded === true;
    const changes = succeeded
      ? puts.map(({ key, value }) => written(key, value, answer.revision))
      : (result?.results ?? []).flatMap(({ kvs }) => kvs.map(toChange));
    return { shard, succeeded, changes };
  });
}

/** A key's version, as a change to be applied to the state. */
export function toChange(kv: KeyValue): KeyChange {
  return { key: kv.key, modRevision: kv.modRevision, kv };
}

function written(key: string, value: string, revision: number): KeyChange {
  // Shard and epoch keys have no lease, and nobody asks for their create revision.
  return { key, modRevision: revision, kv: { key, value, modRevision: revision, createRevision: 0, lease: "0" } };
}

function created(key: string, revision: number): Compare {
  return { key, target: "create", is: "equal", revision };
}

function modified(key: string, revision: number): Compare {
  return { key, target: "mod", is: "equal", revision };
}
