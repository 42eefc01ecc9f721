import type { FrameResolver } from "../code/frame-resolver.ts";
import type { Sample, Snapshot, ValueType } from "../pprof/snapshot.ts";
import { type CpuProfile, type CpuTree, isIdle, readCpuTree } from "./cpu-profile.ts";
import { type CpuStacks, createCpuStacks, gcFrame } from "./cpu-stacks.ts";

/** How a recording is read. */
export interface CpuSnapshotOptions {
  readonly resolver: FrameResolver;
  /** Time between two samples, in microseconds. */
  readonly intervalUs: number;
  /** Keeps the time in which the event loop had nothing to do, which makes it a profile of wall time. */
  readonly includeIdle: boolean;
  /** Milliseconds since 1970 at the end of the recording. */
  readonly takenAtMs: number;
  readonly comments?: readonly string[];
}

const CPU: ValueType = { type: "cpu", unit: "nanoseconds" };
const NS_PER_US = 1000;
const US_PER_MS = 1000;

/** What one stack got: samples, and microseconds. */
interface Share {
  samples: number;
  us: number;
}

/** A recording in the shape of Go's CPU profile: `samples/count` and `cpu/nanoseconds`. */
export function toCpuSnapshot(profile: CpuProfile, options: CpuSnapshotOptions): Snapshot {
  const tree = readCpuTree(profile);
  const stacks = createCpuStacks(tree, options.resolver);
  const { running, collecting } = addUp(tree, options.includeIdle);
  const samples = [
    ...[...running].flatMap(([node, share]) => splitByLine(profile, node, share, stacks)),
    ...[...collecting].map(([node, share]) => sampleOf([gcFrame, ...stacks.stackOf(node)], share)),
  ];
  return {
    valueTypes: [{ type: "samples", unit: "count" }, CPU],
    defaultType: CPU.type,
    periodType: CPU,
    period: options.intervalUs * NS_PER_US,
    samples,
    comments: options.comments ?? [],
    takenAtMs: options.takenAtMs,
    durationMs: (profile.endTime - profile.startTime) / US_PER_MS,
  };
}

function addUp(tree: CpuTree, includeIdle: boolean): Record<"running" | "collecting", Map<number, Share>> {
  const running = new Map<number, Share>();
  const collecting = new Map<number, Share>();
  for (const { node, isGc, fromUs, toUs } of tree.times) {
    if (!includeIdle && isIdle(tree.profile.nodes[node])) continue;
    const shares = isGc ? collecting : running;
    const share = shares.get(node) ?? { samples: 0, us: 0 };
    share.samples += 1;
    share.us += toUs - fromUs;
    shares.set(node, share);
  }
  return { running, collecting };
}

/** The engine says at which lines a leaf was seen, and how often; its time is split in that proportion. */
function splitByLine(profile: CpuProfile, node: number, share: Share, stacks: CpuStacks): readonly Sample[] {
  const ticks = profile.nodes[node]?.positionTicks ?? [];
  const total = ticks.reduce((sum, tick) => sum + tick.ticks, 0);
  if (total === 0) return [sampleOf(stacks.stackOf(node), share)];
  return ticks.map((tick) => {
    const part = tick.ticks / total;
    return sampleOf(stacks.stackAtLine(node, tick.line), { samples: share.samples * part, us: share.us * part });
  });
}

function sampleOf(stack: Sample["stack"], { samples, us }: Share): Sample {
  return { stack, values: [samples, us * NS_PER_US] };
}
