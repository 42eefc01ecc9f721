import { Router, type RouterContext } from "@koa/router";
import { InspectorUnavailableError } from "../inspector-session.ts";
import type { ProfilingClock, ProfilingLogger } from "../ports.ts";
import { decideAccess } from "./access.ts";
import { sendError } from "./answers.ts";
import { type PprofHandler, readRequest } from "./request.ts";

/** One path under the prefix. */
export interface PprofRoute {
  readonly methods: readonly ("GET" | "POST")[];
  readonly handle: PprofHandler;
}

/** The routes, and who may use them. */
export interface PprofRouterOptions {
  /** Without a slash at its end. */
  readonly prefix: string;
  /** By the part of the path after the prefix and its slash; one that ends in `/` takes everything below. */
  readonly routes: ReadonlyMap<string, PprofRoute>;
  readonly token: string | undefined;
  readonly logger: ProfilingLogger;
  readonly clock: ProfilingClock;
}

/** The routes, and the end of those requests that are under way. */
export interface PprofRouter {
  readonly router: Router;
  /** Resolves when every request has its answer. */
  readonly settled: () => Promise<void>;
}

/** Profiling is for people and a scraper or two: more requests at a time are a mistake, or an attack. */
const MAX_REQUESTS = 64;

/** Mounts the routes, with what holds for all of them: access, methods, headers, a log line, and a bound. */
export function createPprofRouter(options: PprofRouterOptions): PprofRouter {
  const running = new Set<Promise<void>>();
  const serve = async (ctx: RouterContext): Promise<void> => {
    const answer = answerLogged(ctx, options, running.size);
    running.add(answer);
    try {
      await answer;
    } finally {
      running.delete(answer);
    }
  };
  const router = new Router({ strict: true });
  router.all(options.prefix, serve);
  router.all(`${options.prefix}/{*path}`, serve);
  return { router, settled: async () => void (await Promise.allSettled(running)) };
}

async function answerLogged(ctx: RouterContext, options: PprofRouterOptions, underWay: number): Promise<void> {
  const { clock, logger } = options;
  const startedAtMs = clock.monotonicMs();
  try {
    await answer(ctx, options, underWay);
  } catch (error) {
    if (error instanceof InspectorUnavailableError) return sendError(ctx, 501, error.message);
    const message = error instanceof Error ? error.message : String(error);
    logger.warn("a profile failed", { path: ctx.path, error: message });
    sendError(ctx, 500, `the profile failed: ${message}`);
  } finally {
    logger.info("profiling request", {
      path: ctx.path,
      query: ctx.querystring,
      peer: ctx.req.socket.remoteAddress,
      status: ctx.status,
      durationMs: Math.round(clock.monotonicMs() - startedAtMs),
    });
  }
}

async function answer(ctx: RouterContext, options: PprofRouterOptions, underWay: number): Promise<void> {
  const { prefix, token } = options;
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("Cache-Control", "no-store");
  const access = decideAccess(ctx.req, token);
  if (!access.allowed) {
    if (access.status === 401) ctx.set("WWW-Authenticate", 'Basic realm="profiling", Bearer');
    return sendError(ctx, access.status, access.message);
  }
  if (underWay >= MAX_REQUESTS) return sendError(ctx, 503, `more than ${MAX_REQUESTS} profiling requests at once`);
  if (ctx.path === prefix) return ctx.redirect(`${prefix}/`);
  const name = ctx.path.slice(prefix.length + 1);
  const folder = `${name.split("/", 1)[0] ?? ""}/`;
  const route = options.routes.get(name) ?? (name.includes("/") ? options.routes.get(folder) : undefined);
  if (route === undefined) return sendError(ctx, 404, "Unknown profile");
  if (!route.methods.some((method) => method === ctx.method)) {
    ctx.set("Allow", route.methods.join(", "));
    return sendError(ctx, 405, `${ctx.method} is not for this route`);
  }
  await route.handle(readRequest(ctx));
}
