import type { FrameResolver } from "../code/frame-resolver.ts";
import type { CpuHub } from "../cpu/cpu-hub.ts";
import { descriptions } from "../descriptions.ts";
import type { HeapReader } from "../heap/heap-reader.ts";
import type { ProfilingOptions, ResolvedOptions } from "../options.ts";
import type { ProfilingClock, SpanSource } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";
import { findSpeedscope } from "../ui/speedscope.ts";
import { sendFile, sendText } from "./answers.ts";
import { processArgs, redactArgs } from "./cmdline.ts";
import { createCpuRoute } from "./cpu-route.ts";
import { createHeapSnapshotRoute } from "./heap-snapshot-route.ts";
import { type IndexEntry, writeIndexPage } from "./index-page.ts";
import type { PprofHandler } from "./request.ts";
import type { PprofRoute } from "./router.ts";
import { createSnapshotRoute } from "./snapshot-route.ts";
import { createTraceRoute } from "./trace-route.ts";
import { createUiRoute } from "./ui-route.ts";

/** Everything the routes are made of. */
export interface RoutesOptions {
  readonly options: ProfilingOptions;
  readonly resolved: ResolvedOptions;
  readonly sources: readonly ProfileSource[];
  readonly spans: SpanSource | undefined;
  readonly heap: HeapReader;
  readonly hub: CpuHub;
  readonly resolver: FrameResolver;
  readonly clock: ProfilingClock;
  readonly stopping: AbortSignal;
}

/** Everything under the prefix, by name. */
export function createRoutes(all: RoutesOptions): ReadonlyMap<string, PprofRoute> {
  const { options, resolved, sources, hub, resolver, clock, stopping } = all;
  const { prefix, maxSeconds, hz, maxRecordings } = resolved;
  const ui = options.ui === false ? undefined : findSpeedscope();
  const redact = options.redactArgs ?? redactArgs;
  const routes = new Map<string, PprofRoute>();
  const get = (name: string, handle: PprofHandler): void => void routes.set(name, { methods: ["GET"], handle });

  get("", createIndexRoute({ sources, prefix, hasUi: ui !== undefined }));
  for (const source of sources) get(source.name, createSnapshotRoute(source, { clock, stopping, maxSeconds }));
  get("heap", createHeapRoute(all, routes.get("heap")));
  get("profile", createCpuRoute({ hub, hz, resolver, clock, stopping, maxSeconds, maxRecordings }));
  get("trace", createTraceRoute({ spans: all.spans, clock, stopping }));
  get("cmdline", ({ ctx }) => sendText(ctx, redact(processArgs()).join("\0")));
  routes.set("symbol", { methods: ["GET", "POST"], handle: ({ ctx }) => sendText(ctx, "num_symbols: 0\n") });
  if (options.heapSnapshot === true) {
    routes.set("heapsnapshot", { methods: ["POST"], handle: createHeapSnapshotRoute() });
  }
  if (ui !== undefined) get("ui/", createUiRoute(ui, prefix));
  return routes;
}

/** The heap profile, and with `format=heapprofile` the engine's own object. */
function createHeapRoute({ heap }: RoutesOptions, usual: PprofRoute | undefined): PprofHandler {
  return async (request) => {
    if (request.query["format"] !== "heapprofile") return usual?.handle(request);
    const raw = (await heap.raw()) ?? { head: emptyHead, samples: [] };
    sendFile(request.ctx, { fileName: "heap.heapprofile", type: "application/json", body: JSON.stringify(raw) });
  };
}

const emptyHead = {
  callFrame: { functionName: "(root)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 },
  selfSize: 0,
  children: [],
};

interface IndexRouteOptions {
  readonly sources: readonly ProfileSource[];
  readonly prefix: string;
  readonly hasUi: boolean;
}

/** Long enough to see something, short enough to wait for. */
const GRAPH_SECONDS = 10;

function createIndexRoute({ sources, prefix, hasUi }: IndexRouteOptions): PprofHandler {
  return ({ ctx }) => {
    const named: readonly IndexEntry[] = sources.map((source) => ({
      name: source.name,
      description: source.description,
      count: source.count(),
      href: `${source.name}?debug=1`,
      graph: "",
    }));
    const recorded: readonly IndexEntry[] = [
      { name: "cmdline", description: descriptions.cmdline, count: undefined, href: "cmdline" },
      {
        name: "profile",
        description: descriptions.profile,
        count: undefined,
        href: "profile",
        graph: `?seconds=${GRAPH_SECONDS}`,
      },
      { name: "symbol", description: descriptions.symbol, count: undefined, href: "symbol" },
      { name: "trace", description: descriptions.trace, count: undefined, href: "trace", graph: "" },
    ];
    const entries = [...named, ...recorded].sort((a, b) => (a.name < b.name ? -1 : 1));
    ctx.status = 200;
    ctx.set("Content-Type", "text/html; charset=utf-8");
    ctx.body = writeIndexPage({ entries, prefix, hasUi });
  };
}
