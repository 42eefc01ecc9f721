import { namedFrame, type Sample, type ValueType } from "../pprof/snapshot.ts";
import type { ProfilingClock, QueueWait, QueueWaitSource } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";

/** Go's values for what had to wait: `contentions/count` and `delay/nanoseconds`. */
export const CONTENTION_TYPES: readonly [ValueType, ValueType] = [
  { type: "contentions", unit: "count" },
  { type: "delay", unit: "nanoseconds" },
];

/** The mutex profile: waiting in the queues of objects, charged to the method that held the object. */
export function createQueueProfile(
  waits: QueueWaitSource | undefined,
  clock: ProfilingClock,
  description: string,
): ProfileSource {
  return {
    name: "mutex",
    description,
    count: () => [...(waits?.waits() ?? [])].length,
    take: async () => ({
      valueTypes: CONTENTION_TYPES,
      defaultType: "delay",
      periodType: CONTENTION_TYPES[0],
      period: 1,
      samples: [...(waits?.waits() ?? [])].map(sampleOf),
      comments: waits === undefined ? ["no table of queue waits is connected"] : [],
      takenAtMs: clock.wallMs(),
      durationMs: 0,
    }),
  };
}

/** As Go charges the one who unlocks, the holder is the leaf. */
function sampleOf({ queue, holder, waiter, count, totalNs }: QueueWait): Sample {
  const stack = [`${queue}.${holder} (holder)`, `${queue}.${waiter} (waiting)`, `${queue} queue`];
  return { stack: stack.map(namedFrame), values: [count, totalNs], labels: { object_type: queue } };
}
