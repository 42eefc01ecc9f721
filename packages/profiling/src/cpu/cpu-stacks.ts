import type { FrameResolver } from "../code/frame-resolver.ts";
import { type Frame, namedFrame } from "../pprof/snapshot.ts";
import type { CpuTree } from "./cpu-profile.ts";

/** The leaf of time that the collector took; below it is who made the garbage. */
export const gcFrame: Frame = namedFrame("(garbage collector)");

/** The stacks of one profile as frames, each made when it is asked for. */
export interface CpuStacks {
  /** Leaf first, without the root. */
  stackOf(node: number): readonly Frame[];
  /** The same stack with the leaf at one of its lines. */
  stackAtLine(node: number, line: number): readonly Frame[];
}

/** Resolves each node once, however many stacks go through it. */
export function createCpuStacks({ profile, parents }: CpuTree, resolver: FrameResolver): CpuStacks {
  const frames: (Frame | undefined)[] = [];
  const frameOf = (node: number): Frame | undefined => {
    const call = profile.nodes[node]?.callFrame;
    if (call !== undefined) frames[node] ??= resolver.resolve(call);
    return frames[node];
  };
  const callersOf = (node: number): Frame[] => {
    const stack: Frame[] = [];
    for (let at = parents[node] ?? -1; at >= 0 && (parents[at] ?? -1) >= 0; at = parents[at] ?? -1) {
      const frame = frameOf(at);
      if (frame !== undefined) stack.push(frame);
    }
    return stack;
  };
  return {
    stackOf: (node) => {
      const leaf = frameOf(node);
      return leaf === undefined ? [] : [leaf, ...callersOf(node)];
    },
    stackAtLine: (node, line) => {
      const call = profile.nodes[node]?.callFrame;
      return call === undefined ? [] : [resolver.resolve(call, line), ...callersOf(node)];
    },
  };
}
