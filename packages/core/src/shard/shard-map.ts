import type { Address } from "../address.ts";
import { invalidArgument } from "../errors.ts";
import type { Epoch } from "../ports/ownership.ts";
import { type Owner, parseOwner, parseShardValue, type ShardValue } from "./shard-value.ts";

/** Everything known of one shard. Immutable: a change makes a new entry. */
export interface ShardEntry extends ShardValue {
  /** Mod revision of the key `shard/<n>`; 0 while it does not exist. */
  readonly modRevision: number;
  /** Whoever claimed it last, alive or not, released or not; `undefined` when nobody ever did. */
  readonly lastOwner: Owner | undefined;
  /** Mod revision of the key `epoch/<n>`: the fencing token of the last claim; 0 while the key does not exist. */
  readonly epoch: Epoch;
}

const ABSENT: ShardEntry = {
  target: undefined,
  current: undefined,
  flags: [],
  modRevision: 0,
  lastOwner: undefined,
  epoch: 0,
};

/**
 * The map of all shards as this process knows it, with counts that are kept up to date instead of being recounted.
 *
 * Every key has a revision guard: knowledge only grows newer, whatever order watch events, answers and lists arrive in.
 */
export class ShardMap {
  readonly shardCount: number;
  readonly #entries: ShardEntry[];
  // Newest revision heard of each key, also of a deletion: an older event must not bring a deleted key back.
  readonly #shardSeen: Float64Array;
  readonly #epochSeen: Float64Array;
  readonly #owned = new Map<string, number>();
  readonly #targeted = new Map<Address, number>();
  #migrating = 0;
  #targetVersion = 0;

  /** @throws GoverseError `INVALID_ARGUMENT` unless `shardCount` is a whole number from 1 to {@link MAX_SHARD_COUNT}. */
  constructor(shardCount: number) {
    if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > MAX_SHARD_COUNT) {
      throw invalidArgument("shard count", shardCount, `give a whole number from 1 to ${MAX_SHARD_COUNT}`);
    }
    this.shardCount = shardCount;
    this.#entries = Array.from({ length: shardCount }, () => ABSENT);
    this.#shardSeen = new Float64Array(shardCount);
    this.#epochSeen = new Float64Array(shardCount);
  }

  /** The entry of one shard; an empty one for a number outside the map. */
  get(shard: number): ShardEntry {
    return this.#entries[shard] ?? ABSENT;
  }

  /** Shards whose target differs from their owner, the released and not yet claimed ones included; first assignments are not. */
  get migrating(): number {
    return this.#migrating;
  }

  /** Number of shards for which a node has been chosen, alive or not. */
  get assigned(): number {
    let assigned = 0;
    for (const count of this.#targeted.values()) assigned += count;
    return assigned;
  }

  /** Grows whenever a target or a flag changes: what a plan depends on. */
  get targetVersion(): number {
    return this.#targetVersion;
  }

  /** Number of shards that this incarnation has claimed and not released. */
  ownedBy(address: Address, incarnation: Epoch): number {
    return this.#owned.get(ownerKey(address, incarnation)) ?? 0;
  }

  /** Number of shards that the leader wants at `address`. */
  targetedAt(address: Address): number {
    return this.#targeted.get(address) ?? 0;
  }

  /**
   * Takes over a version of the key `shard/<n>`; `text` is `undefined` for a deletion.
   * @returns Whether it was news. What is not newer than the known revision changes nothing.
   */
  applyShard(shard: number, modRevision: number, text: string | undefined): boolean {
    if (!this.#isNews(this.#shardSeen, shard, modRevision)) return false;
    const value = text === undefined ? ABSENT : parseShardValue(text);
    const { lastOwner, epoch } = this.get(shard);
    this.#replace(shard, entry(value, text === undefined ? 0 : modRevision, lastOwner, epoch));
    return true;
  }

  /** Takes over a version of the key `epoch/<n>`, like {@link applyShard}. */
  applyEpoch(shard: number, modRevision: number, text: string | undefined): boolean {
    if (!this.#isNews(this.#epochSeen, shard, modRevision)) return false;
    const before = this.get(shard);
    const lastOwner = text === undefined ? undefined : parseOwner(text);
    this.#replace(shard, entry(before, before.modRevision, lastOwner, text === undefined ? 0 : modRevision));
    return true;
  }

  #isNews(seen: Float64Array, shard: number, modRevision: number): boolean {
    const known = seen[shard];
    if (known === undefined || modRevision <= known) return false;
    seen[shard] = modRevision;
    return true;
  }

  #replace(shard: number, next: ShardEntry): void {
    const previous = this.get(shard);
    this.#entries[shard] = next;
    if (previous.target !== next.target) {
      if (previous.target !== undefined) add(this.#targeted, previous.target, -1);
      if (next.target !== undefined) add(this.#targeted, next.target, 1);
    }
    if (previous.target !== next.target || !sameFlags(previous.flags, next.flags)) this.#targetVersion += 1;
    this.#migrating += Number(isMigrating(next)) - Number(isMigrating(previous));
    const before = ownerOf(previous);
    const after = ownerOf(next);
    if (before === after) return;
    if (before !== undefined) add(this.#owned, ownerKey(before.address, before.incarnation), -1);
    if (after !== undefined) add(this.#owned, ownerKey(after.address, after.incarnation), 1);
  }
}

/** Most shards a cluster may have: 8 times the default; each costs two keys in etcd and a few hundred bytes in every process. */
export const MAX_SHARD_COUNT = 65_536;

/**
 * The incarnation that holds the shard, alive or not: the last claimer, unless it has released since. `undefined` also when the
 * two keys name different nodes, because then nobody can prove ownership.
 */
export function ownerOf(entry: ShardEntry): Owner | undefined {
  const owner = entry.lastOwner;
  return owner !== undefined && owner.address === entry.current ? owner : undefined;
}

/** Whether the shard is on its way from one owner to another. */
export function isMigrating(entry: ShardEntry): boolean {
  return entry.target !== undefined && entry.target !== entry.current && entry.epoch > 0;
}

/** Always the same fields in the same order: thousands of entries of one hidden class. */
function entry(value: ShardValue, modRevision: number, lastOwner: Owner | undefined, epoch: Epoch): ShardEntry {
  return { target: value.target, current: value.current, flags: value.flags, modRevision, lastOwner, epoch };
}

function sameFlags(a: readonly string[], b: readonly string[]): boolean {
  return a === b || a.join() === b.join();
}

function ownerKey(address: Address, incarnation: Epoch): string {
  return `${address},${incarnation}`;
}

function add<K>(counts: Map<K, number>, key: K, amount: number): void {
  const next = (counts.get(key) ?? 0) + amount;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
