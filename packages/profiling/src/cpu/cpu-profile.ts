import type { Profiler } from "node:inspector";

/** What the inspector returns for a CPU recording. Times are microseconds of the monotonic clock that `process.hrtime` reads. */
export type CpuProfile = Profiler.Profile;

/** Time that one stack had, from one sample to the next. */
export interface StackTime {
  /** Index of the leaf in the profile's nodes. */
  readonly node: number;
  /** The collector ran, on behalf of `node`. */
  readonly isGc: boolean;
  readonly fromUs: number;
  readonly toUs: number;
}

/** A profile's tree with parents, and its time split among stacks. */
export interface CpuTree {
  readonly profile: CpuProfile;
  /** For each node the index of its parent, -1 for the root. */
  readonly parents: Int32Array;
  readonly times: readonly StackTime[];
}

/** Names that the engine gives to what is not a function. */
const IDLE = "(idle)";
const GC = "(garbage collector)";
const META = new Set(["(root)", "(program)", IDLE, GC]);

/** Whether the node stands for an event loop that had nothing to do. */
export function isIdle(node: CpuProfile["nodes"][number] | undefined): boolean {
  return isMeta(node) && node?.callFrame.functionName === IDLE;
}

/**
 * Reads a profile: a sample is charged with the time until the next one. The engine files all collection under the root; here
 * it belongs to the stack that ran last, so that one sees who pays for it.
 */
export function readCpuTree(profile: CpuProfile): CpuTree {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const indexes = new Map(nodes.map(({ id }, index) => [id, index]));
  const parents = new Int32Array(nodes.length).fill(-1);
  for (const [index, { children = [] }] of nodes.entries()) {
    for (const child of children) parents[indexes.get(child) ?? 0] = index;
  }
  const times: StackTime[] = [];
  let fromUs = profile.startTime;
  let lastStack = -1;
  for (const [index, id] of samples.entries()) {
    // A delta is the time before its sample; a clock read late can make one negative.
    fromUs = Math.max(fromUs, fromUs + (timeDeltas[index] ?? 0));
    const next = timeDeltas[index + 1];
    const toUs = next === undefined ? Math.max(fromUs, profile.endTime) : fromUs + Math.max(0, next);
    const leaf = indexes.get(id);
    if (leaf === undefined) continue;
    const node = nodes[leaf];
    const isGc = isMeta(node) && node?.callFrame.functionName === GC && lastStack >= 0;
    times.push({ node: isGc ? lastStack : leaf, isGc, fromUs, toUs });
    if (!isGc) lastStack = isMeta(node) ? -1 : leaf;
  }
  return { profile, parents, times };
}

function isMeta(node: CpuProfile["nodes"][number] | undefined): boolean {
  return node !== undefined && node.callFrame.url === "" && META.has(node.callFrame.functionName);
}
