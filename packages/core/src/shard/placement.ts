import type { Address } from "../address.ts";
import type { Epoch } from "../ports/ownership.ts";
import { isPinned, liveOwner } from "./ownership.ts";
import type { ShardEntry, ShardMap } from "./shard-map.ts";

/** A node as the planner sees it. */
export interface PlanNode {
  readonly address: Address;
  readonly incarnation: Epoch;
  /** It is leaving: it receives nothing and loses everything. */
  readonly draining: boolean;
  /** It is alive but has not claimed in time what it was given: it keeps what it has and receives nothing. Default `false`. */
  readonly suspect?: boolean;
}

/** Why a shard got a target. */
export type AssignReason =
  /** It had none. */
  | "unassigned"
  /** Its target is gone, but its owner lives: it stays there. */
  | "returned"
  /** Its target is not registered any more. */
  | "node-dead"
  /** Its target is leaving. */
  | "node-draining"
  /** It is pinned, but its node is dead or leaving: better elsewhere than nowhere. */
  | "pinned-failover"
  /** Its target lives and has not claimed it in time. */
  | "stuck"
  /** The node has more than its share. */
  | "rebalance";

/** A plan in the making: for each shard the index of its node among `nodes`, or {@link NOWHERE}. */
export interface Placement {
  /** The nodes that may own shards, sorted by address: the same plan from the same state, whoever makes it. */
  readonly nodes: readonly PlanNode[];
  readonly indexOf: ReadonlyMap<Address, number>;
  readonly nodeOf: Int32Array;
  readonly counts: number[];
  /** How many of them are pinned where they are. */
  readonly pinned: number[];
  /** Nodes that receive nothing. */
  readonly closed: Set<number>;
  /** Why a shard is not where its target says. */
  readonly reasons: Map<number, AssignReason>;
}

/** A shard without a node. */
export const NOWHERE = -1;

/** Sorts shards into those that stay and those that need a node. */
export function placeShards(map: ShardMap, all: readonly PlanNode[]): Placement {
  const nodes = all.filter((node) => !node.draining).sort((a, b) => compareText(a.address, b.address));
  const indexOf = new Map(nodes.map((node, index) => [node.address, index]));
  const incarnations = new Map(all.map((node) => [node.address, node.incarnation]));
  const placement: Placement = {
    nodes,
    indexOf,
    nodeOf: new Int32Array(map.shardCount).fill(NOWHERE),
    counts: nodes.map(() => 0),
    pinned: nodes.map(() => 0),
    closed: new Set(nodes.flatMap((node, index) => (node.suspect === true ? [index] : []))),
    reasons: new Map(),
  };
  for (let shard = 0; shard < map.shardCount; shard += 1) {
    const entry = map.get(shard);
    const wanted = entry.target === undefined ? undefined : indexOf.get(entry.target);
    if (wanted !== undefined) {
      settle(placement, shard, wanted, entry);
      continue;
    }
    const owner = liveOwner(entry, (address) => incarnations.get(address));
    const home = owner === undefined ? undefined : indexOf.get(owner.address);
    if (home !== undefined) settle(placement, shard, home, entry);
    placement.reasons.set(shard, home === undefined ? orphanReason(entry, incarnations) : "returned");
  }
  return placement;
}

/** Puts a shard where it already is or belongs; a pinned one counts as not to be taken away again. */
function settle(placement: Placement, shard: number, node: number, entry: ShardEntry): void {
  put(placement, shard, node);
  if (isPinned(entry)) placement.pinned[node] = (placement.pinned[node] ?? 0) + 1;
}

/** Puts a shard on a node, taking it from where it was. */
export function put(placement: Placement, shard: number, node: number): void {
  const before = placement.nodeOf[shard] ?? NOWHERE;
  if (before !== NOWHERE) placement.counts[before] = (placement.counts[before] ?? 0) - 1;
  placement.nodeOf[shard] = node;
  placement.counts[node] = (placement.counts[node] ?? 0) + 1;
}

function orphanReason(entry: ShardEntry, incarnations: ReadonlyMap<Address, Epoch>): AssignReason {
  if (entry.target === undefined) return "unassigned";
  if (isPinned(entry)) return "pinned-failover";
  return incarnations.has(entry.target) ? "node-draining" : "node-dead";
}

/** Order by code units: the same on every machine, unlike a locale's. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
