import type { FrameResolver } from "../code/frame-resolver.ts";
import { type CpuProfile, isIdle, readCpuTree } from "../cpu/cpu-profile.ts";
import { createCpuStacks, gcFrame } from "../cpu/cpu-stacks.ts";
import type { Frame } from "../pprof/snapshot.ts";

/** A time in which the event loop did not turn, in microseconds of the monotonic clock. */
export interface Stall {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What one stack had of the stalls. */
export interface StallCharge {
  readonly stack: readonly Frame[];
  /** 1 for the stack that took most of a stall: so they add up to the number of stalls. */
  readonly stalls: number;
  readonly delayUs: number;
}

/** Charges stalls to the stacks that a recording of the same time saw. Time in which nothing ran is not charged. */
export function attributeStalls(
  profile: CpuProfile,
  stalls: readonly Stall[],
  resolver: FrameResolver,
): readonly StallCharge[] {
  if (stalls.length === 0) return [];
  const tree = readCpuTree(profile);
  const stacks = createCpuStacks(tree, resolver);
  const busy = tree.times.filter(({ node }) => !isIdle(profile.nodes[node]));
  return stalls.flatMap((stall) => {
    const byStack = new Map<string, { node: number; isGc: boolean; us: number }>();
    for (const { node, isGc, fromUs, toUs } of busy) {
      const us = Math.min(toUs, stall.toUs) - Math.max(fromUs, stall.fromUs);
      if (us <= 0) continue;
      const key = `${node}:${String(isGc)}`;
      const charge = byStack.get(key) ?? { node, isGc, us: 0 };
      charge.us += us;
      byStack.set(key, charge);
    }
    const charges = [...byStack.values()].sort((a, b) => b.us - a.us);
    return charges.map(({ node, isGc, us }, rank) => {
      const stack = stacks.stackOf(node);
      return { stack: isGc ? [gcFrame, ...stack] : stack, stalls: rank === 0 ? 1 : 0, delayUs: us };
    });
  });
}
