import type { Router } from "@koa/router";
import { createFrameResolver } from "./code/frame-resolver.ts";
import { CpuHub } from "./cpu/cpu-hub.ts";
import { descriptions } from "./descriptions.ts";
import { HEAP_INTERVAL_BYTES, HeapReader } from "./heap/heap-reader.ts";
import { createPprofRouter } from "./http/router.ts";
import { createRoutes } from "./http/routes.ts";
import { type ProfilingOptions, resolveProfilingOptions } from "./options.ts";
import type { ProfilingClock, ProfilingLogger } from "./ports.ts";
import { listOf, mergeQueueWaits, mergeSpans, mergeTasks } from "./merge-sources.ts";
import type { ProfileSource } from "./profile-source.ts";
import { createQueueProfile } from "./queues/queue-profile.ts";
import { StallRecorder } from "./stalls/stall-recorder.ts";
import { createTaskProfile } from "./tasks/task-profile.ts";
import { createThreadProfile } from "./threads/thread-profile.ts";

/** The profiles of this process, as routes. */
export interface Profiling {
  /** Mount it in a Koa application: `app.use(profiling.router.routes())`. */
  readonly router: Router;
  /** Begins what is sampled all the time: the heap, and stalls of the event loop. Never rejects: where the inspector is forbidden, it says so in the log. */
  start(): Promise<void>;
  /** Ends every recording, so that those who wait get what there is, and resolves when they have their answers. */
  stop(): Promise<void>;
}

const systemClock: ProfilingClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

const silentLogger: ProfilingLogger = { info: () => undefined, warn: () => undefined };

const US_PER_SECOND = 1_000_000;

/** Go's pprof endpoints for this process. Throws `ProfilingOptionsError`. One for a process: the engine has one heap sampler. */
export function createProfiling(options: ProfilingOptions = {}): Profiling {
  const resolved = resolveProfilingOptions(options, HEAP_INTERVAL_BYTES);
  const { clock = systemClock, logger = silentLogger } = options;
  const resolver = createFrameResolver();
  const hub = new CpuHub(Math.round(US_PER_SECOND / resolved.hz));
  const heap = new HeapReader({
    resolver,
    clock,
    logger,
    intervalBytes: resolved.heapIntervalBytes,
    maxAgeMs: resolved.heapMaxAgeMs,
    beforeRead: (options.heap === false ? undefined : options.heap?.beforeRead) ?? (() => undefined),
  });
  const stalls = new StallRecorder({ hub, resolver, clock, logger, thresholdMs: resolved.stallThresholdMs });
  const sources: readonly ProfileSource[] = [
    heap.source("allocs", descriptions.allocs),
    stalls.source(descriptions.block),
    createTaskProfile({
      tasks: mergeTasks(listOf(options.tasks)),
      resolver,
      clock,
      description: descriptions.goroutine,
    }),
    heap.source("heap", descriptions.heap),
    createQueueProfile(mergeQueueWaits(listOf(options.queueWaits)), clock, descriptions.mutex),
    createThreadProfile(clock, descriptions.threadcreate),
  ];
  const stopping = new AbortController();
  const spans = mergeSpans(listOf(options.spans));
  const routes = createRoutes({
    options,
    resolved,
    spans,
    sources,
    heap,
    hub,
    resolver,
    clock,
    stopping: stopping.signal,
  });
  const { router, settled } = createPprofRouter({
    prefix: resolved.prefix,
    routes,
    token: resolved.token,
    logger,
    clock,
  });
  const recorders = [...(options.heap === false ? [] : [heap]), ...(options.stalls === false ? [] : [stalls])];
  let started: Promise<void> | undefined;
  const startAll = async (): Promise<void> => {
    for (const recorder of recorders) await startSafely(recorder, logger);
  };
  return {
    router,
    // A gate and a node in one process may both ask for it.
    start: () => (started ??= startAll()),
    stop: async () => {
      stopping.abort();
      await settled();
      await started;
      await Promise.all(recorders.map((recorder) => recorder.stop()));
    },
  };
}

/** A service must not fail to start because it cannot be profiled. */
async function startSafely(recorder: { start(): Promise<void> }, logger: ProfilingLogger): Promise<void> {
  try {
    await recorder.start();
  } catch (error) {
    logger.warn("a profile stays empty", { error: error instanceof Error ? error.message : String(error) });
  }
}
