import { openInspectorSession } from "../inspector-session.ts";
import type { TraceEvent } from "./span-tracks.ts";

/** V8's own events (compiling, collecting), its CPU samples, the phases of the event loop. HTTP and file system would double the cost. */
const CATEGORIES = ["v8", "disabled-by-default-v8.cpu_profiler", "node.environment", "node.bootstrap"];

/** About 100 bytes each; the longest trace of a busy process stays below it. */
const MAX_EVENTS = 1_000_000;

/** A trace that has begun. */
export interface NodeTrace {
  end(): Promise<readonly TraceEvent[]>;
}

/** Begins a trace of the process. There is one tracing agent, so there must be one trace at a time: the caller sees to that. */
export async function beginNodeTrace(): Promise<NodeTrace> {
  const session = openInspectorSession();
  const events: TraceEvent[] = [];
  session.on("NodeTracing.dataCollected", (params) => {
    const { value } = params as { value: readonly TraceEvent[] };
    for (const event of value) if (events.length < MAX_EVENTS) events.push(event);
  });
  const complete = new Promise<void>((resolve) => session.on("NodeTracing.tracingComplete", () => resolve()));
  try {
    const traceConfig = { recordMode: "recordContinuously", includedCategories: CATEGORIES };
    await session.post("NodeTracing.start", { traceConfig });
  } catch (error) {
    session.close();
    throw error;
  }
  return {
    end: async () => {
      try {
        await session.post("NodeTracing.stop");
        await complete;
        return events;
      } finally {
        session.close();
      }
    },
  };
}
