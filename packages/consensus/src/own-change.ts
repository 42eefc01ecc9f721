import {
  type Address,
  type Epoch,
  migratedFrom,
  type Owner,
  ownerOf,
  type Self,
  type ShardHolder,
} from "@goverse/core";
import type { ClusterState, ShardChange } from "./cluster-state.ts";
import type { ConsensusMetrics } from "./metrics.ts";

/** What tells whether a shard that left was given up. */
export interface Releases {
  /** Epoch at which this process last began to release the shard; 0 if never. */
  releaseMark(shard: number): Epoch;
}

/**
 * Tells holder and metrics what changes mean for `self`, before anybody can ask.
 * @param state The cluster after the changes.
 */
export function noticeOwn(
  changes: readonly ShardChange[],
  self: Self,
  { holder, metrics }: { readonly holder: ShardHolder; readonly metrics: ConsensusMetrics },
  state: Pick<ClusterState, "incarnationOf">,
  releases: Releases | undefined,
): void {
  // What a dead process was about to release was taken from it.
  const isAlive = state.incarnationOf(self.address) === self.incarnation;
  const claimed: number[] = [];
  const taken: number[] = [];
  let released = 0;
  for (const change of changes) {
    const own = ownChange(change, self, isAlive ? (releases?.releaseMark(change.shard) ?? 0) : 0);
    if (own?.kind === "released") released += 1;
    else if (own?.kind === "taken") taken.push(change.shard);
    else if (own?.kind === "claimed") {
      claimed.push(change.shard);
      if (own.from !== undefined) metrics.shardMigrated(own.from);
    }
  }
  if (taken.length > 0) holder.drop(taken);
  if (claimed.length > 0) {
    holder.undrain(claimed);
    metrics.shardsClaimed(claimed.length);
  }
  if (released > 0) metrics.shardsReleased(released);
}

/** What a change of a shard means to one incarnation. */
export type OwnChange =
  | { readonly kind: "claimed"; readonly from: Address | undefined }
  | { readonly kind: "released" }
  /** Somebody else wrote it away: an operator by hand, or a claim that this process should have prevented by its release. */
  | { readonly kind: "taken" };

/**
 * What a change means to `self`, `undefined` when nothing. Claims are read off the epoch's key, which only claims write: each is
 * seen exactly once, whether its answer, the watch or a new list told of it first.
 *
 * A release may be seen only by what came after it: when its answer was lost and the next owner's claim is the first news. Nobody
 * else may claim from a living owner, so a claim under the epoch that this process had begun to release proves the release.
 */
export function ownChange({ before, after }: ShardChange, self: Self, releaseMark: Epoch): OwnChange | undefined {
  if (after.epoch > before.epoch && isSelf(after.lastOwner, self)) {
    return { kind: "claimed", from: migratedFrom(before, self.address) };
  }
  if (!isSelf(ownerOf(before), self) || isSelf(ownerOf(after), self)) return undefined;
  return { kind: after.current === undefined || releaseMark === before.epoch ? "released" : "taken" };
}

function isSelf(owner: Owner | undefined, self: Self): boolean {
  return owner !== undefined && owner.address === self.address && owner.incarnation === self.incarnation;
}
