import type { Address } from "../address.ts";
import type { Epoch } from "../ports/ownership.ts";
import type { ShardMap } from "./shard-map.ts";

/** A registered node, as the map's counts need it. */
export interface LiveNode {
  readonly address: Address;
  readonly incarnation: Epoch;
}

/** Where all shards are, in numbers. */
export interface ShardSummary {
  readonly shardCount: number;
  /** Owned by a node that is alive. */
  readonly owned: number;
  /** Not owned by a living node: never claimed, released, or orphaned. Calls to them wait. */
  readonly unowned: number;
  /** On their way between two owners, released and not yet claimed ones included. */
  readonly migrating: number;
  /** Per living node: how many it owns, and how many it should own. */
  readonly nodes: ReadonlyMap<Address, { readonly owned: number; readonly targeted: number }>;
}

/** Sums up a map. Costs as much as there are nodes, not shards. */
export function summarize(map: ShardMap, live: Iterable<LiveNode>): ShardSummary {
  const nodes = new Map<Address, { owned: number; targeted: number }>();
  let owned = 0;
  for (const { address, incarnation } of live) {
    const count = map.ownedBy(address, incarnation);
    nodes.set(address, { owned: count, targeted: map.targetedAt(address) });
    owned += count;
  }
  return { shardCount: map.shardCount, owned, unowned: map.shardCount - owned, migrating: map.migrating, nodes };
}
