import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";

/** Lets requests pass that bring `Authorization: Bearer <token>`. Without a token everybody passes. */
export function requireToken(token: string | undefined): Middleware {
  return async (ctx, next) => {
    if (token === undefined || hasToken(ctx.req, token)) return next();
    ctx.set("WWW-Authenticate", "Bearer");
    ctx.throw(401, "send the token of this process as Authorization: Bearer …");
  };
}

/**
 * For routes that show or change the inside of a process: requests of this machine pass, others need the token, and without a
 * configured token nobody else passes.
 */
export function requireLoopbackOrToken(token: string | undefined): Middleware {
  return async (ctx, next) => {
    if (isLoopback(ctx.req) || (token !== undefined && hasToken(ctx.req, token))) return next();
    if (token === undefined) ctx.throw(403, "only from this machine: no token is configured for other peers");
    ctx.set("WWW-Authenticate", "Bearer");
    ctx.throw(401, "from another machine, send the token of this process as Authorization: Bearer …");
  };
}

/** Whether the request carries `token`. Takes the same time whatever is wrong with it. */
export function hasToken(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

/** Whether the request was made on this machine. One that came through a proxy was not, though the proxy may be here. */
export function isLoopback(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  if (headers["forwarded"] !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  const address = socket.remoteAddress ?? "";
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}

/** Equal lengths, as the comparison needs them. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
