import type { FrameResolver } from "../code/frame-resolver.ts";
import type { CpuHub, CpuRecording } from "../cpu/cpu-hub.ts";
import { toCpuSnapshot } from "../cpu/cpu-snapshot.ts";
import { recordAlone } from "../cpu/record-alone.ts";
import { encodeSnapshot } from "../pprof/encode.ts";
import type { ProfilingClock } from "../ports.ts";
import { sendError, sendFile, sendProfile } from "./answers.ts";
import { cpuSeconds, isOn, type Query } from "./query.ts";
import { extendTimeout, type PprofHandler } from "./request.ts";
import { waitFor } from "./waiting.ts";

/** What the route records with, and its bounds. */
export interface CpuRouteOptions {
  readonly hub: CpuHub;
  /** Samples in a second of the shared sampler. */
  readonly hz: number;
  readonly resolver: FrameResolver;
  readonly clock: ProfilingClock;
  readonly stopping: AbortSignal;
  readonly maxSeconds: number;
  /** Recordings at one time. */
  readonly maxRecordings: number;
}

/** Above this a sampler takes more than it shows: 1000 a second already cost a tenth of the process. */
const MAX_HZ = 1000;
const US_PER_SECOND = 1_000_000;

const IN_USE = "Could not enable CPU profiling: cpu profiling already in use";

/** `profile`: records the CPU for `seconds` and answers with what it recorded. */
export function createCpuRoute(options: CpuRouteOptions): PprofHandler {
  const { hub, clock, stopping, maxSeconds } = options;
  let recordings = 0;
  let isAloneTaken = false;
  return async (request) => {
    const { ctx, query, clientGone } = request;
    const seconds = cpuSeconds(query);
    if (seconds > maxSeconds) return sendError(ctx, 400, `profile duration exceeds the limit of ${maxSeconds} seconds`);
    const hz = rateOf(query, options.hz);
    if (hz === undefined) return sendError(ctx, 400, `invalid value for "hz" - must be an integer from 1 to ${MAX_HZ}`);
    const isShared = hz === options.hz;
    if (recordings >= options.maxRecordings || (!isShared && isAloneTaken)) return sendError(ctx, 500, IN_USE);

    const intervalUs = Math.round(US_PER_SECOND / hz);
    recordings += 1;
    if (!isShared) isAloneTaken = true;
    try {
      extendTimeout(request, seconds * 1000);
      const recording = isShared ? await hub.begin() : await recordAlone(intervalUs);
      const cpuBefore = process.cpuUsage();
      const end = await waitFor(seconds * 1000, { clock, clientGone, stopping });
      const profile = await recording.end();
      if (end === "client gone") return;
      if (query["format"] === "cpuprofile") return sendRaw(ctx, profile);
      const snapshot = toCpuSnapshot(profile, {
        resolver: options.resolver,
        intervalUs,
        includeIdle: isOn(query, "idle"),
        takenAtMs: clock.wallMs(),
        comments: [describeCpu(process.cpuUsage(cpuBefore))],
      });
      sendProfile(ctx, "profile", await encodeSnapshot(snapshot));
    } finally {
      recordings -= 1;
      if (!isShared) isAloneTaken = false;
    }
  };
}

function rateOf({ hz = "" }: Query, usual: number): number | undefined {
  if (hz === "") return usual;
  const value = /^\d+$/.test(hz) ? Number(hz) : 0;
  return value >= 1 && value <= MAX_HZ ? value : undefined;
}

function sendRaw(ctx: Parameters<typeof sendFile>[0], profile: Awaited<ReturnType<CpuRecording["end"]>>): void {
  sendFile(ctx, { fileName: "profile.cpuprofile", type: "application/json", body: JSON.stringify(profile) });
}

/** The engine samples the thread that runs the code; this says what the whole process took. */
function describeCpu({ user, system }: NodeJS.CpuUsage): string {
  return `CPU time of all threads of the process meanwhile: user ${user / 1000} ms, system ${system / 1000} ms`;
}
