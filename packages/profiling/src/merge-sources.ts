import type { QueueWait, QueueWaitSource, Span, SpanSource, Task, TaskSource } from "./ports.ts";

/** One, several or none, as a list. */
export function listOf<T extends object>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Several registries of one process as one; `undefined` for none. */
export function mergeTasks(sources: readonly TaskSource[]): TaskSource | undefined {
  if (sources.length === 0) return undefined;
  return { tasks: () => sources.flatMap((source): Task[] => [...source.tasks()]) };
}

/** Several tables of one process as one; `undefined` for none. */
export function mergeQueueWaits(sources: readonly QueueWaitSource[]): QueueWaitSource | undefined {
  if (sources.length === 0) return undefined;
  return { waits: () => sources.flatMap((source): QueueWait[] => [...source.waits()]) };
}

/** Several collectors of one process as one; `undefined` for none. */
export function mergeSpans(sources: readonly SpanSource[]): SpanSource | undefined {
  if (sources.length === 0) return undefined;
  return {
    collect: () => {
      const ends = sources.map((source) => source.collect());
      return (): readonly Span[] => ends.flatMap((end) => [...end()]);
    },
  };
}
