import { encodeSnapshot } from "../pprof/encode.ts";
import { subtract } from "../pprof/snapshot.ts";
import { writeListing } from "../pprof/listing.ts";
import type { ProfilingClock } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";
import { sendError, sendProfile, sendText } from "./answers.ts";
import { debugLevel, deltaSeconds, isOn } from "./query.ts";
import { extendTimeout, type PprofHandler, type PprofRequest } from "./request.ts";
import { waitFor } from "./waiting.ts";

/** What ends the wait of a delta, and its bound. */
export interface SnapshotRouteOptions {
  readonly clock: ProfilingClock;
  readonly stopping: AbortSignal;
  readonly maxSeconds: number;
}

/** A named profile: as it is, as text with `debug`, or with `seconds` what was added meanwhile. */
export function createSnapshotRoute(source: ProfileSource, options: SnapshotRouteOptions): PprofHandler {
  return async (request) => {
    const { ctx, query } = request;
    const seconds = deltaSeconds(query);
    const debug = debugLevel(query);
    if (seconds === "invalid") {
      return sendError(ctx, 400, `invalid value for "seconds" - must be a positive integer`);
    }
    if (seconds !== undefined) {
      if (debug > 0) return sendError(ctx, 400, "seconds and debug params are incompatible");
      if (seconds > options.maxSeconds) {
        return sendError(ctx, 400, `profile duration exceeds the limit of ${options.maxSeconds} seconds`);
      }
      return sendDelta(request, source, seconds, options);
    }
    if (debug >= 2 && source.describe !== undefined) return sendText(ctx, source.describe());
    const snapshot = await source.take(isOn(query, "gc"));
    if (debug > 0) return sendText(ctx, writeListing(source.name, snapshot));
    sendProfile(ctx, source.name, await encodeSnapshot(snapshot));
  };
}

async function sendDelta(
  request: PprofRequest,
  source: ProfileSource,
  seconds: number,
  { clock, stopping }: SnapshotRouteOptions,
): Promise<void> {
  extendTimeout(request, seconds * 1000);
  const earlier = await source.take(true);
  const end = await waitFor(seconds * 1000, { clock, clientGone: request.clientGone, stopping });
  if (end === "client gone") return;
  const later = await source.take(true);
  sendProfile(request.ctx, `${source.name}-delta`, await encodeSnapshot(subtract(later, earlier)));
}
