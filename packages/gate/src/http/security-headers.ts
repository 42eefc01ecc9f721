import type { Middleware } from "koa";

/** Headers that every answer carries: what browsers may not guess, frame or remember. */
export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("X-Frame-Options", "DENY");
  ctx.set("Referrer-Policy", "no-referrer");
  ctx.set("Cache-Control", "no-store");
  return next();
};
