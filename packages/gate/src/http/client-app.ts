import type { Clock, Logger } from "@goverse/core";
import { createOpsRouter, type OpsRoutes } from "@goverse/host";
import { REQUEST_HEADERS } from "@goverse/protocol";
import Koa from "koa";
import { clientApi, type ClientApiParts } from "./client-api.ts";
import { cors } from "./cors.ts";
import { errorAnswers } from "./error-answers.ts";
import { guardRequest } from "./request-guard.ts";
import { securityHeaders } from "./security-headers.ts";
import { staticFiles } from "./static-files.ts";

/** What the HTTP side of a gate is made of. */
export interface ClientAppOptions {
  /** The parts behind it, once there are any. Throws `UNAVAILABLE` before. */
  readonly gate: () => ClientApiParts;
  /** Other sites whose pages may use this gate. */
  readonly corsOrigins: readonly string[];
  /** The routes for operators, when they have no port of their own. */
  readonly ops: OpsRoutes | undefined;
  readonly staticDirectory: string | undefined;
  /** True once the gate is stopping: then connections end with the answer they are waiting for. */
  readonly stopping: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The HTTP application of a gate. Order matters: what refuses comes before what serves, and answers of all kinds are guarded. */
export function createClientApp(options: ClientAppOptions): Koa {
  const { gate, corsOrigins, ops, staticDirectory, clock, logger } = options;
  const app = new Koa();
  app.on("error", (error: unknown) => logger.debug("an HTTP connection broke", { error }));
  app.use(async (ctx, next) => {
    await next();
    if (options.stopping() && ctx.respond !== false) ctx.set("Connection", "close");
  });
  app.use(errorAnswers(logger));
  app.use(securityHeaders);
  app.use((ctx, next) => {
    guardRequest(ctx.req);
    return next();
  });
  app.use(cors(corsOrigins, REQUEST_HEADERS));
  app.use(clientApi(gate, clock));
  if (ops !== undefined) {
    const router = createOpsRouter(ops);
    app.use(router.routes());
    app.use(router.allowedMethods());
    ops.mount?.(app);
  }
  if (staticDirectory !== undefined) app.use(staticFiles(staticDirectory));
  return app;
}
