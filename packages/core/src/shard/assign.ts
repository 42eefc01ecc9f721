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
 * Moves shards whose living target did not claim them in time to the emptiest node that does claim. The target gets nothing in
 * exchange, or shards that are served would follow those that are not.
 * @returns How many had to stay because there is no such node.
 */
export function reassignStuck(placement: Placement, stuck: Iterable<number>): number {
  const moving = [...stuck]
    .filter((shard) => placement.nodeOf[shard] !== NOWHERE && !placement.reasons.has(shard))
    .sort((a, b) => a - b);
  for (const shard of moving) placement.closed.add(placement.nodeOf[shard] ?? NOWHERE);
  let alone = 0;
  for (const shard of moving) {
    const other = emptiestOpen(placement);
    if (other === undefined) {
      alone += 1;
      continue;
    }
    put(placement, shard, other);
    placement.reasons.set(shard, "stuck");
  }
  return alone;
}

function emptiestOpen({ counts, closed }: Placement): number | undefined {
  let best: number | undefined;
  counts.forEach((count, node) => {
    if (!closed.has(node) && (best === undefined || count < (counts[best] ?? 0))) best = node;
  });
  return best;
}
