/**
 * How many shards each node should have: as equal as the pinned ones allow, and such that the fewest shards have to move. Where
 * the division leaves a remainder, the nodes that already have more keep one more.
 * @param counts What each node has now.
 * @param pinned How many of those cannot be taken away.
 * @param total All shards.
 * @param closed Nodes that keep what they have, unless all are closed.
 */
export function shares(
  counts: readonly number[],
  pinned: readonly number[],
  total: number,
  closed: ReadonlySet<number> = new Set(),
): number[] {
  const result = [...counts];
  let open = counts.map((_, node) => node);
  let left = total;
  if (closed.size < counts.length) {
    open = open.filter((node) => !closed.has(node));
    for (const node of closed) left -= counts[node] ?? 0;
  }
  for (;;) {
    const base = Math.floor(left / open.length);
    const extra = left - base * open.length;
    // A node whose pinned shards alone exceed an equal share keeps them; the others divide the rest equally.
    const over = open.filter((node) => (pinned[node] ?? 0) > base + (extra > 0 ? 1 : 0));
    const full = open.filter((node) => extra > 0 && (pinned[node] ?? 0) === base + 1);
    const fixed = over.length > 0 ? over : full.length > extra ? full : [];
    if (fixed.length === 0) {
      grantExtras(result, open, counts, pinned, base, extra);
      return result;
    }
    for (const node of fixed) {
      result[node] = pinned[node] ?? 0;
      left -= pinned[node] ?? 0;
    }
    open = open.filter((node) => !fixed.includes(node));
    if (open.length === 0) return result;
  }
}

function grantExtras(
  result: number[],
  open: readonly number[],
  counts: readonly number[],
  pinned: readonly number[],
  base: number,
  extra: number,
): void {
  const must = (node: number): number => Number((pinned[node] ?? 0) > base);
  const byClaim = [...open].sort((a, b) => must(b) - must(a) || (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
  byClaim.forEach((node, rank) => {
    result[node] = base + Number(rank < extra);
  });
}

/**
 * Deals `amount` shards one by one, each to the emptiest node that is still below its share, so that any beginning of the
 * sequence is as balanced as it can be.
 * @returns Node indexes in the order of dealing; shorter than `amount` when all shares are full.
 */
export function deal(counts: readonly number[], share: readonly number[], amount: number): number[] {
  const sequence: number[] = [];
  const open = counts.map((_, node) => node).filter((node) => (counts[node] ?? 0) < (share[node] ?? 0));
  open.sort((a, b) => (counts[a] ?? 0) - (counts[b] ?? 0) || a - b);
  let level = counts[open[0] ?? 0] ?? 0;
  let reached = 0;
  while (sequence.length < amount && open.length > 0) {
    while (reached < open.length && (counts[open[reached] ?? 0] ?? 0) <= level) reached += 1;
    let taken = false;
    for (let i = 0; i < reached && sequence.length < amount; i += 1) {
      const node = open[i] ?? 0;
      if (level >= (share[node] ?? 0)) continue;
      sequence.push(node);
      taken = true;
    }
    if (!taken && reached === open.length) break;
    level += 1;
  }
  return sequence;
}

/** Difference between the fullest and the emptiest node. */
export function spread(counts: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const count of counts) {
    least = Math.min(least, count);
    most = Math.max(most, count);
  }
  return counts.length === 0 ? 0 : most - least;
}
