import type { Epoch } from "@goverse/core";

/**
 * Recognises replies of an owner that has been replaced: epochs of a shard only grow, so a reply from a lower one than has been seen
 * comes from a node that no longer owned the shard when somebody else had already answered for it.
 *
 * What counts as seen are replies alone. The map may hear of a new owner while an answer of the old one, given in good order, is
 * still on its way.
 */
export class EpochGuard {
  readonly #highest: Float64Array;

  constructor(shardCount: number) {
    this.#highest = new Float64Array(shardCount);
  }

  /** Takes note of a reply's epoch. False: it is stale, and nobody may see the reply. */
  admit(shard: number, epoch: Epoch): boolean {
    if (epoch < (this.#highest[shard] ?? 0)) return false;
    this.#highest[shard] = epoch;
    return true;
  }
}
