import type { FrameResolver } from "../code/frame-resolver.ts";
import { namedFrame, type Sample, type ValueType } from "../pprof/snapshot.ts";
import type { ProfilingClock, Task, TaskSource } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";
import { parseStack } from "./parse-stack.ts";

const GOROUTINE: ValueType = { type: "goroutine", unit: "count" };

/** Upper ends of the age groups, in milliseconds, with the label of each. */
const AGES: readonly (readonly [belowMs: number, label: string])[] = [
  [1000, "under 1s"],
  [10_000, "1s to 10s"],
  [60_000, "10s to 1m"],
  [600_000, "1m to 10m"],
  [Number.POSITIVE_INFINITY, "over 10m"],
];

/** Lines of the full list: enough to read, bounded for a service with a million of them. */
const MAX_LISTED = 10_000;

/** Where the work in flight is known. */
export interface TaskProfileOptions {
  readonly tasks: TaskSource | undefined;
  readonly resolver: FrameResolver;
  readonly clock: ProfilingClock;
  readonly description: string;
}

/** The goroutine profile: work in flight from the service's own registry, and what keeps Node's event loop busy. */
export function createTaskProfile({ tasks, resolver, clock, description }: TaskProfileOptions): ProfileSource {
  const all = (): Task[] => [...(tasks?.tasks() ?? [])];
  return {
    name: "goroutine",
    description,
    count: () => all().length + process.getActiveResourcesInfo().length,
    take: async () => ({
      valueTypes: [GOROUTINE],
      defaultType: GOROUTINE.type,
      periodType: GOROUTINE,
      period: 1,
      samples: [...all().map((task) => sampleOf(task, clock.monotonicMs(), resolver)), ...activeResources()],
      comments: tasks === undefined ? ["no registry of work is connected: only Node's own resources are shown"] : [],
      takenAtMs: clock.wallMs(),
      durationMs: 0,
    }),
    describe: () => describeTasks(all(), clock.monotonicMs()),
  };
}

function sampleOf(task: Task, nowMs: number, resolver: FrameResolver): Sample {
  const origin = task.stack === undefined ? [] : parseStack(task.stack, resolver);
  return {
    stack: [...origin, namedFrame(task.name), namedFrame(task.kind), namedFrame("work in flight")],
    values: [1],
    labels: { ...task.labels, state: task.state, age: ageOf(nowMs - task.sinceMs) },
  };
}

function ageOf(ageMs: number): string {
  return AGES.find(([belowMs]) => ageMs < belowMs)?.[1] ?? "";
}

function activeResources(): readonly Sample[] {
  return process.getActiveResourcesInfo().map((type) => ({
    stack: [namedFrame(type), namedFrame("active handles and requests of Node")],
    values: [1],
  }));
}

function describeTasks(tasks: readonly Task[], nowMs: number): string {
  const oldestFirst = [...tasks].sort((a, b) => a.sinceMs - b.sinceMs);
  const lines = oldestFirst.slice(0, MAX_LISTED).map(({ kind, name, state, sinceMs, labels, stack }, index) => {
    const beside = Object.entries(labels ?? {}).map(([key, value]) => `, ${key}=${value}`);
    const heading = `task ${index + 1} [${state}, ${Math.round(nowMs - sinceMs)} ms${beside.join("")}]:\n${name}\n\t${kind}\n`;
    return stack === undefined ? heading : `${heading}begun by:\n${stack.split("\n").slice(1).join("\n")}\n`;
  });
  const more = tasks.length > MAX_LISTED ? `… and ${tasks.length - MAX_LISTED} more\n` : "";
  const handles = process.getActiveResourcesInfo().map((type) => `handle [active]:\n${type}\n`);
  return [...lines, more, ...handles].filter((text) => text !== "").join("\n");
}
