import { Router } from "@koa/router";
import type Koa from "koa";
import type { GoverseMetrics } from "@goverse/metrics";
import { requireToken } from "./authorization.ts";
import { metricsEndpoint } from "./metrics-endpoint.ts";

/** Whether this process should get work now. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** One entry of Prometheus's HTTP service discovery. */
export interface ScrapeTargets {
  /** `host:port` of each. */
  readonly targets: readonly string[];
  /**
   * Added to everything that is scraped there. Never `node`, `role` or another label of our metrics: Prometheus would rename the
   * metric's own to `exported_node`, and queries would not find it. Prefix them, for example `goverse_role`.
   */
  readonly labels: Readonly<Record<string, string>>;
}

/** What the ops routes show. */
export interface OpsRoutes {
  readonly metrics: Pick<GoverseMetrics, "expose">;
  /** Asked on every request, so that a process that stops being ready says so. */
  readonly readiness: () => Readiness;
  /** Every scrape target of the cluster, always the whole list. Default: none. */
  readonly scrapeTargets?: () => readonly ScrapeTargets[];
  /** If set, `/metrics` and `/sd` ask for it as a bearer token. `/healthz` and `/ready` are open: probes have no token. */
  readonly token?: string | undefined;
  /** Adds more routes for operators beside these, for example profiling. They decide themselves whom they let in. */
  readonly mount?: ((app: Koa) => void) | undefined;
}

/**
 * The routes every process has, to be mounted into any Koa application:
 * `/metrics`, `/healthz` (200 while the process lives), `/ready` (200, or 503 with the reason), `/sd`.
 */
export function createOpsRouter({ metrics, readiness, scrapeTargets = () => [], token }: OpsRoutes): Router {
  const router = new Router();
  router.use(async (ctx, next) => {
    ctx.set("Cache-Control", "no-store");
    await next();
  });
  router.get("/healthz", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/ready", (ctx) => {
    const state = readiness();
    ctx.status = state.ready ? 200 : 503;
    ctx.body = state.ready ? { status: "ready" } : { status: "not ready", reason: state.reason };
  });
  router.get("/metrics", requireToken(token), metricsEndpoint(metrics));
  router.get("/sd", requireToken(token), (ctx) => {
    ctx.body = scrapeTargets();
  });
  return router;
}
