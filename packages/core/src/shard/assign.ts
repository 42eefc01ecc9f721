import { deal } from "./balance.ts";
import { NOWHERE, type Placement, put } from "./placement.ts";

/** Gives every shard without a node to the emptiest nodes, so that as few as possible have to move afterwards. */
export function assignOrphans(placement: Placement, share: readonly number[]): void {
  const orphans: number[] = [];
  placement.nodeOf.forEach((node, shard) => {
    if (node === NOWHERE) orphans.push(shard);
  });
  const sequence = deal(placement.counts, share, orphans.length);
  orphans.forEach((shard, i) => {
    const node = sequence[i];
    if (node !== undefined) put(placement, shard, node);
  });
}

/**
 * Moves shards whose living target did not claim them in time to the emptiest other node.
 * @returns How many had to stay because there is no other node.
 */
export function reassignStuck(placement: Placement, stuck: Iterable<number>): number {
  let alone = 0;
  for (const shard of [...stuck].sort((a, b) => a - b)) {
    const current = placement.nodeOf[shard] ?? NOWHERE;
    if (current === NOWHERE || placement.reasons.has(shard)) continue;
    const other = emptiestExcept(placement.counts, current);
    if (other === undefined) {
      alone += 1;
      continue;
    }
    put(placement, shard, other);
    placement.reasons.set(shard, "stuck");
  }
  return alone;
}

function emptiestExcept(counts: readonly number[], except: number): number | undefined {
  let best: number | undefined;
  counts.forEach((count, node) => {
    if (node !== except && (best === undefined || count < (counts[best] ?? 0))) best = node;
  });
  return best;
}
