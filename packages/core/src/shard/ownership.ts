import type { Address } from "../address.ts";
import type { Epoch } from "../ports/ownership.ts";
import { type Owner, PINNED, type ShardValue } from "./shard-value.ts";
import { ownerOf, type ShardEntry } from "./shard-map.ts";

/** This process as it is registered now. */
export interface Self {
  readonly address: Address;
  /** Create revision of its own key. */
  readonly incarnation: Epoch;
}

/** The incarnation registered at `address` now, `undefined` when nobody is. */
export type IncarnationOf = (address: Address) => Epoch | undefined;

/**
 * The epoch under which `self` owns the shard, as far as keys and releases tell. The caller adds the clock: past the lease's
 * deadline nothing is owned.
 * @param releaseMark The epoch at which this process last began a release of the shard, 0 if never. A release that was begun may
 * arrive in etcd at any later time, so it ends ownership of that epoch and of all before, whatever arrives afterwards.
 */
export function ownedEpoch(entry: ShardEntry, self: Self, releaseMark: Epoch): Epoch | undefined {
  const owner = ownerOf(entry);
  if (owner === undefined || owner.address !== self.address || owner.incarnation !== self.incarnation) return undefined;
  return entry.epoch > releaseMark ? entry.epoch : undefined;
}

/** The owner of the shard if it is alive: its registration still exists. A node reborn at the same address is another one. */
export function liveOwner(entry: ShardEntry, incarnationOf: IncarnationOf): Owner | undefined {
  const owner = ownerOf(entry);
  return owner !== undefined && incarnationOf(owner.address) === owner.incarnation ? owner : undefined;
}

/**
 * Why a node may claim a shard, which decides what the transaction compares besides both revisions and the own registration:
 * - `released`: nobody holds it; nothing more to compare.
 * - `dead`: `owner`'s registration is gone or another one; the transaction proves it again.
 * - `again`: this process holds it, but gave that epoch up by beginning a release; a new epoch ends the old release.
 */
export type ClaimGround =
  | { readonly kind: "released" }
  | { readonly kind: "dead"; readonly owner: Owner }
  | { readonly kind: "again" };

const RELEASED: ClaimGround = { kind: "released" };
const AGAIN: ClaimGround = { kind: "again" };

/**
 * Whether `self` may claim the shard now, and why; `undefined` when it must not: the leader wants it elsewhere, a living node
 * holds it, or it is owned already.
 */
export function claimGround(
  entry: ShardEntry,
  self: Self,
  releaseMark: Epoch,
  incarnationOf: IncarnationOf,
): ClaimGround | undefined {
  if (entry.target !== self.address) return undefined;
  const owner = ownerOf(entry);
  if (owner === undefined) return RELEASED;
  if (owner.address === self.address && owner.incarnation === self.incarnation) {
    return entry.epoch > releaseMark ? undefined : AGAIN;
  }
  return incarnationOf(owner.address) === owner.incarnation ? undefined : { kind: "dead", owner };
}

/** Whether `self` holds a shard that the leader wants elsewhere. */
export function mustHandOver(entry: ShardEntry, self: Self): boolean {
  const owner = ownerOf(entry);
  if (owner === undefined || owner.address !== self.address || owner.incarnation !== self.incarnation) return false;
  return entry.target !== undefined && entry.target !== self.address;
}

/** The value that a claim writes: target and owner agree, flags are kept. */
export function claimedValue(entry: ShardValue, self: Self): ShardValue {
  return { target: self.address, current: self.address, flags: entry.flags };
}

/** The value that a release writes: nobody owns the shard, the target and the flags are kept. */
export function releasedValue(entry: ShardValue): ShardValue {
  return { target: entry.target, current: undefined, flags: entry.flags };
}

/** The value that an assignment writes: a new target, owner and flags as read. */
export function assignedValue(entry: ShardValue, target: Address): ShardValue {
  return { target, current: entry.current, flags: entry.flags };
}

/** Whether the planner must leave the shard where it is while its node lives. */
export function isPinned(entry: ShardValue): boolean {
  return entry.flags.includes(PINNED);
}

/**
 * The node that a migration came from, to be counted by the one that has just claimed: the owner before, when it was another
 * node. A node that takes back its own shards, after a restart or a release, has not migrated anything.
 */
export function migratedFrom(before: ShardEntry, claimer: Address): Address | undefined {
  const previous = before.lastOwner?.address;
  return previous !== undefined && previous !== claimer ? previous : undefined;
}
