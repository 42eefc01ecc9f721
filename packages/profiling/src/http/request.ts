import type { RouterContext } from "@koa/router";
import { parseQuery, type Query } from "./query.ts";

/** A request for a profile, with what can end it early. */
export interface PprofRequest {
  readonly ctx: RouterContext;
  readonly query: Query;
  /** Aborted when the client closes the connection before it has its answer. */
  readonly clientGone: AbortSignal;
}

/** Answers one request. */
export type PprofHandler = (request: PprofRequest) => Promise<void> | void;

/** Watches the connection of a request from now on. */
export function readRequest(ctx: RouterContext): PprofRequest {
  const gone = new AbortController();
  ctx.res.once("close", () => {
    if (!ctx.res.writableFinished) gone.abort();
  });
  return { ctx, query: parseQuery(ctx.querystring), clientGone: gone.signal };
}

/** Time that an answer may take beyond the measuring, in milliseconds: a large profile on a busy machine. */
const ANSWER_MS = 30_000;

/** Lets the connection live as long as the measuring takes, whatever the server's own limit. */
export function extendTimeout({ ctx }: PprofRequest, durationMs: number): void {
  ctx.req.socket.setTimeout(durationMs + ANSWER_MS);
}
