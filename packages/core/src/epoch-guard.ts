import type { Place } from "./object-id.ts";
import type { Epoch } from "./ports/ownership.ts";

/**
 * Recognises replies of an owner that has been replaced: epochs of a shard only grow, so a reply under a lower one than has been
 * seen comes from a node that had lost the shard when somebody else answered for it already.
 *
 * Only replies count as seen. The map may hear of a new owner while a good answer of the old one is still on its way.
 */
export class EpochGuard {
  readonly #highest: Float64Array;

  constructor(shardCount: number) {
    this.#highest = new Float64Array(shardCount);
  }

  /**
   * Notes the epoch of a reply. False: it is stale, and nobody may see the reply. Objects pinned to a node never move, and a node
   * that does not say its epoch (0) is believed.
   */
  admit(place: Place, epoch: Epoch): boolean {
    if (place.kind === "node" || epoch === 0) return true;
    if (epoch < (this.#highest[place.shard] ?? 0)) return false;
    this.#highest[place.shard] = epoch;
    return true;
  }
}
