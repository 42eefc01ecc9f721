import type { Middleware } from "koa";
import { HttpRefusal } from "./refusal.ts";

/** How long browsers may remember the answer to a preflight, in seconds. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;
const ALLOWED_METHODS = "GET, POST, PUT, DELETE";

/**
 * Whether a page of `origin` may use this gate: its own pages always, others when they are listed. A request without `Origin` comes
 * from a program, not from somebody else's page.
 * @param host The request's Host header.
 */
export function originAllowed(origin: string | undefined, host: string, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/**
 * Keeps other sites' pages out unless they are listed. They are refused outright: without this, a page could still send what
 * browsers call simple requests and merely not read the answer.
 * @param allowed Origins like `https://example.org`, or `*`.
 * @param headers Request headers that those pages may send.
 */
export function cors(allowed: readonly string[], headers: readonly string[]): Middleware {
  return async (ctx, next) => {
    const origin = ctx.request.headers.origin;
    ctx.vary("Origin");
    if (!originAllowed(origin, ctx.request.headers.host ?? "", allowed)) {
      throw new HttpRefusal(
        403,
        "PERMISSION_DENIED",
        "pages of this origin may not use this gate; list it in corsOrigins",
      );
    }
    if (origin !== undefined) ctx.set("Access-Control-Allow-Origin", origin);
    if (ctx.method !== "OPTIONS" || origin === undefined) return next();
    ctx.set("Access-Control-Allow-Methods", ALLOWED_METHODS);
    ctx.set("Access-Control-Allow-Headers", headers.join(", "));
    ctx.set("Access-Control-Max-Age", String(PREFLIGHT_MAX_AGE_SECONDS));
    ctx.status = 204;
  };
}
