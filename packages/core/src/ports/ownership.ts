import type { Place } from "../object-id.ts";

/**
 * Fencing token of one ownership: the mod revision of the shard's epoch key in etcd (for objects pinned to a node, that node's
 * incarnation). It only grows. Revisions stay far below 2^53, so a number holds them exactly.
 */
export type Epoch = number;

/** What the node asks before a turn starts and before its effects leave. */
export interface Ownership {
  /**
   * The epoch under which this process owns `place` now, or `undefined` when it does not: no claim, lease deadline passed, or
   * release begun. Reads the clock afresh on every call.
   */
  epochOf(place: Place): Epoch | undefined;
}

/** What consensus asks of whoever keeps objects in memory. */
export interface ShardHolder {
  /**
   * Prepares an agreed move: new calls to these shards are refused with `NOT_OWNER`, running turns finish, then the objects
   * are dropped. Resolves when nothing of these shards runs any more; rejects when that takes longer than the holder's limit,
   * and then admits calls again.
   */
  drain(shards: readonly number[]): Promise<void>;
  /** The move was called off, or the shards were claimed again: admit calls. */
  undrain(shards: readonly number[]): void;
  /**
   * Ownership is gone (lease lost, or claimed by another): forget the objects at once, without saving; abort their running
   * turns and discard what those would have sent.
   */
  drop(shards: readonly number[] | "all"): void;
}
