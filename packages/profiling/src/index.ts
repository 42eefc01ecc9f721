export { ProfilingOptionsError, type ProfilingOptions } from "./options.ts";
export type {
  ProfilingClock,
  ProfilingLogger,
  QueueWait,
  QueueWaitSource,
  Span,
  SpanSource,
  Task,
  TaskSource,
} from "./ports.ts";
export type { Labels } from "./pprof/snapshot.ts";
export { createProfiling, type Profiling } from "./profiling.ts";
export { QueueWaitTable, type WaitKey } from "./queues/queue-wait-table.ts";
export { TaskRegistry, type OpenTask, type TaskRegistryOptions, type TaskStart } from "./tasks/task-registry.ts";
export { SpanBuffer } from "./trace/span-buffer.ts";
