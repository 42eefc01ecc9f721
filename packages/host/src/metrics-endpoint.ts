import { Readable } from "node:stream";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import { type Exposition, type GoverseMetrics, negotiate } from "@goverse/metrics";
import type { Context, Middleware } from "koa";

/** Names one request may filter by. More than that is the whole page. */
const MAX_NAMES = 200;
/** Level 1 takes a fifth of the time of the default, for a sixth more bytes. */
const GZIP = { level: constants.Z_BEST_SPEED };
/** Below one packet, compression only costs. */
const MIN_GZIP_LENGTH = 1_400;

const gzipAsync = promisify<string, typeof GZIP, Buffer>(gzip);

/**
 * Serves a scrape: text or OpenMetrics as the scraper prefers, compressed when it may be, only the metrics of `?name[]=` when there
 * are any. Compression runs in the thread pool, and a large page leaves in pieces.
 */
export function metricsEndpoint(metrics: Pick<GoverseMetrics, "expose">): Middleware {
  return async (ctx) => {
    const names = requestedNames(ctx);
    const { format, contentType } = negotiate(ctx.get("Accept"));
    ctx.vary("Accept");
    ctx.vary("Accept-Encoding");
    ctx.set("Content-Type", contentType);
    // Answering HEAD with the page's length would mean rendering the page.
    if (ctx.method === "HEAD") ctx.status = 200;
    else await send(ctx, await metrics.expose({ format, ...(names === undefined ? {} : { names }) }));
  };
}

function requestedNames(ctx: Context): ReadonlySet<string> | undefined {
  const query = ctx.query["name[]"];
  if (query === undefined) return undefined;
  const names = new Set([query].flat());
  if (names.size > MAX_NAMES) ctx.throw(400, `name[] may be given ${MAX_NAMES} times; leave it out to get everything`);
  return names;
}

async function send(ctx: Context, { chunks }: Exposition): Promise<void> {
  const [first = ""] = chunks;
  const zip = ctx.acceptsEncodings("gzip", "identity") === "gzip" && first.length >= MIN_GZIP_LENGTH;
  if (zip) ctx.set("Content-Encoding", "gzip");
  if (chunks.length > 1) ctx.body = zip ? Readable.from(chunks).pipe(createGzip(GZIP)) : Readable.from(chunks);
  else ctx.body = zip ? await gzipAsync(first, GZIP) : first;
}
