import { type Logger, silentLogger } from "@goverse/core";
import Koa from "koa";
import { HttpServer } from "./http-server.ts";
import { jsonErrors } from "./json-errors.ts";
import type { ListenAddress } from "./listen-address.ts";
import { createOpsRouter, type OpsRoutes } from "./ops-router.ts";

/** Scrapers, probes and people with a browser: dozens, not thousands. */
const MAX_OPS_CONNECTIONS = 256;

/** Options of {@link OpsServer.start}. */
export interface OpsServerOptions extends OpsRoutes {
  /** The option that named the address, for errors. Default `--metrics-listen`. */
  readonly option?: string;
  readonly address: ListenAddress;
  readonly logger?: Logger;
}

/** The ops routes on a port of their own. */
export class OpsServer {
  readonly #http: HttpServer;

  private constructor(http: HttpServer) {
    this.#http = http;
  }

  /** @throws GoverseError `INVALID_ARGUMENT` when the address cannot be used. */
  static async start(options: OpsServerOptions): Promise<OpsServer> {
    const { option = "--metrics-listen", address, mount, logger = silentLogger } = options;
    const app = createHttpApp(logger);
    const router = createOpsRouter(options);
    app.use(router.routes()).use(router.allowedMethods());
    mount?.(app);
    const handler = app.callback();
    const http = await HttpServer.start({
      option,
      address,
      maxConnections: MAX_OPS_CONNECTIONS,
      handler: (request, response) => void handler(request, response),
    });
    return new OpsServer(http);
  }

  /** Where it really listens: the port is never 0. */
  get address(): ListenAddress {
    return this.#http.address;
  }

  /** A URL that reaches it from this machine. */
  get url(): string {
    return this.#http.url;
  }

  /** Lets running requests end, then closes everything. */
  async stop(): Promise<void> {
    await this.#http.stop();
  }
}

/** A Koa application that answers failures as JSON and logs what goes wrong after an answer began. */
export function createHttpApp(logger: Logger): Koa {
  const app = new Koa();
  app.on("error", (error: unknown) => logger.debug("an HTTP connection broke", { error }));
  app.use(jsonErrors(logger));
  return app;
}
