import { type Address, migratedFrom, type Owner, ownerOf, type Self } from "@goverse/core";
import type { ShardChange } from "./cluster-state.ts";

/** What a change of a shard means to one incarnation. */
export type OwnChange =
  | { readonly kind: "claimed"; readonly from: Address | undefined }
  | { readonly kind: "released" }
  /** Somebody else wrote it away: an operator by hand, or a claim that this process should have prevented by its release. */
  | { readonly kind: "taken" };

/**
 * What a change means to `self`, `undefined` when nothing. Claims are read off the epoch's key, which only claims write: each is
 * seen exactly once, whether its answer, the watch or a new list told of it first.
 */
export function ownChange({ before, after }: ShardChange, self: Self): OwnChange | undefined {
  if (after.epoch > before.epoch && isSelf(after.lastOwner, self)) {
    return { kind: "claimed", from: migratedFrom(before, self.address) };
  }
  if (!isSelf(ownerOf(before), self) || isSelf(ownerOf(after), self)) return undefined;
  return { kind: after.current === undefined ? "released" : "taken" };
}

function isSelf(owner: Owner | undefined, self: Self): boolean {
  return owner !== undefined && owner.address === self.address && owner.incarnation === self.incarnation;
}
