import { deal } from "./balance.ts";
import { isPinned, liveOwner } from "./ownership.ts";
import { NOWHERE, type Placement, put } from "./placement.ts";
import type { ShardEntry, ShardMap } from "./shard-map.ts";

/**
 * Takes from every node what exceeds its share and gives it to those below theirs: no shard moves that need not.
 *
 * Which ones go: first those that another node with room still owns (their move is called off), then those that the node has
 * not claimed yet (nothing to hand over), then the lowest numbers.
 */
export function rebalance(map: ShardMap, placement: Placement, share: readonly number[]): void {
  const surplus = placement.counts.map((count, node) => Math.max(0, count - (share[node] ?? 0)));
  if (surplus.every((count) => count === 0)) return;
  callOffMoves(map, placement, share, surplus);
  const leaving = new Set<number>();
  pick(map, placement, surplus, leaving, (entry, node) => ownerIndex(entry, placement) !== node);
  pick(map, placement, surplus, leaving, () => true);
  const sequence = deal(remaining(placement, leaving), share, leaving.size);
  let next = 0;
  for (const shard of leaving) {
    const node = sequence[next];
    next += 1;
    if (node !== undefined) move(placement, shard, node);
  }
}

/** What each node has once the leaving shards are gone. */
function remaining(placement: Placement, leaving: ReadonlySet<number>): number[] {
  const counts = [...placement.counts];
  for (const shard of leaving) {
    const node = placement.nodeOf[shard] ?? NOWHERE;
    if (node !== NOWHERE) counts[node] = (counts[node] ?? 0) - 1;
  }
  return counts;
}

function callOffMoves(map: ShardMap, placement: Placement, share: readonly number[], surplus: number[]): void {
  placement.nodeOf.forEach((node, shard) => {
    if ((surplus[node] ?? 0) === 0) return;
    const entry = map.get(shard);
    const home = ownerIndex(entry, placement);
    if (home === undefined || home === node || !isMovable(entry, shard, placement)) return;
    if ((placement.counts[home] ?? 0) >= (share[home] ?? 0)) return;
    surplus[node] = (surplus[node] ?? 0) - 1;
    move(placement, shard, home);
  });
}

/** Picks shards of nodes that still have a surplus and counts them off it. */
function pick(
  map: ShardMap,
  placement: Placement,
  surplus: number[],
  leaving: Set<number>,
  accept: (entry: ShardEntry, node: number) => boolean,
): void {
  placement.nodeOf.forEach((node, shard) => {
    if ((surplus[node] ?? 0) === 0 || leaving.has(shard)) return;
    const entry = map.get(shard);
    if (!isMovable(entry, shard, placement) || !accept(entry, node)) return;
    surplus[node] = (surplus[node] ?? 0) - 1;
    leaving.add(shard);
  });
}

/** A shard that is being taken from a node which does not claim it must not be given back in the same plan. */
function isMovable(entry: ShardEntry, shard: number, placement: Placement): boolean {
  return !isPinned(entry) && placement.reasons.get(shard) !== "stuck";
}

function move(placement: Placement, shard: number, node: number): void {
  put(placement, shard, node);
  // A shard that needed a new node anyway keeps that reason.
  if (!placement.reasons.has(shard)) placement.reasons.set(shard, "rebalance");
}

function ownerIndex(entry: ShardEntry, placement: Placement): number | undefined {
  const owner = liveOwner(entry, (address) => {
    const index = placement.indexOf.get(address);
    return index === undefined ? undefined : placement.nodes[index]?.incarnation;
  });
  return owner === undefined ? undefined : placement.indexOf.get(owner.address);
}
