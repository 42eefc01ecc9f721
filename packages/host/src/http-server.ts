import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listenError } from "./listen-error.ts";
import { formatListenAddress, type ListenAddress } from "./listen-address.ts";

/** Largest request line and headers together, in bytes: Node's own default, stated so that nobody has to guess. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Headers one request may have; browsers send about 20. */
const MAX_HEADER_COUNT = 100;
/** How long a request may take to arrive, headers first: a client that drips bytes must not hold a connection. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the 60 s for which load balancers keep idle connections, so that they close first and no request meets a closing one. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How long requests that are being answered may go on after a stop. */
const STOP_GRACE_MS = 2_000;

/** What handles requests: `new Koa().callback()`, for example. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Options of {@link HttpServer.start}. */
export interface HttpServerOptions {
  /** The option that named the address, for errors: `--http-listen`. */
  readonly option: string;
  readonly address: ListenAddress;
  /** Connections at a time; more are closed at once. */
  readonly maxConnections: number;
  readonly handler: RequestHandler;
}

/** An HTTP server with limits on everything a client could make large or slow. */
export class HttpServer {
  readonly #server: Server;
  #stopping = false;
  /** Where it really listens: the port is never 0. */
  readonly address: ListenAddress;

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server;
    this.address = address;
    // A connection that was busy when the stop came is kept alive after its answer; nothing else would close it before its timeout.
    server.on("request", (_, response: ServerResponse) => {
      response.once("close", () => {
        if (this.#stopping) server.closeIdleConnections();
      });
    });
  }

  /**
   * Listens.
   * @throws GoverseError `INVALID_ARGUMENT` that names the option, the value and the remedy when the address cannot be used.
   */
  static async start({ option, address, maxConnections, handler }: HttpServerOptions): Promise<HttpServer> {
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      },
      handler,
    );
    server.maxConnections = maxConnections;
    server.maxHeadersCount = MAX_HEADER_COUNT;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(listenError(option, address, error)));
      server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new HttpServer(server, { host: address.host, port });
  }

  /** A URL that reaches it from this machine. */
  get url(): string {
    return `http://${formatListenAddress({ host: this.address.host ?? "localhost", port: this.address.port })}`;
  }

  /** Takes no new connections, lets running requests end for `graceMs` (default 2000), then closes what is left. */
  async stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }
}
