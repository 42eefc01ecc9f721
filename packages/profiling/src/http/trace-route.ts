import type { ProfilingClock, SpanSource } from "../ports.ts";
import { beginNodeTrace } from "../trace/node-trace.ts";
import { toTraceEvents } from "../trace/span-tracks.ts";
import { InspectorUnavailableError } from "../inspector-session.ts";
import { sendError, sendFile } from "./answers.ts";
import { traceSeconds } from "./query.ts";
import { extendTimeout, type PprofHandler } from "./request.ts";
import { waitFor } from "./waiting.ts";

/** What a trace shows besides the events of the engine, and what ends it. */
export interface TraceRouteOptions {
  readonly spans: SpanSource | undefined;
  readonly clock: ProfilingClock;
  readonly stopping: AbortSignal;
}

/** A trace slows the process by a third, and its viewers take no more than this. */
const MAX_SECONDS = 60;

/** `trace`: what happened when, as JSON for Chrome, Perfetto and speedscope. One at a time. */
export function createTraceRoute({ spans, clock, stopping }: TraceRouteOptions): PprofHandler {
  let isTracing = false;
  return async (request) => {
    const { ctx, query, clientGone } = request;
    const seconds = traceSeconds(query);
    if (seconds > MAX_SECONDS) return sendError(ctx, 400, `trace duration exceeds the limit of ${MAX_SECONDS} seconds`);
    if (isTracing) return sendError(ctx, 500, "Could not enable tracing: tracing is already enabled");
    isTracing = true;
    try {
      extendTimeout(request, seconds * 1000);
      const trace = await beginNodeTrace();
      const endSpans = spans?.collect();
      const end = await waitFor(seconds * 1000, { clock, clientGone, stopping });
      const own = toTraceEvents(endSpans?.() ?? [], process.pid);
      const events = await trace.end();
      if (end === "client gone") return;
      const body = JSON.stringify({ traceEvents: [...events, ...own], displayTimeUnit: "ms" });
      sendFile(ctx, { fileName: "trace.json", type: "application/json", body });
    } catch (error) {
      if (error instanceof InspectorUnavailableError) throw error;
      sendError(ctx, 500, `Could not enable tracing: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      isTracing = false;
    }
  };
}
