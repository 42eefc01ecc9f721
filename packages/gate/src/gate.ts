import { type Address, GoverseError } from "@goverse/core";
import {
  formatListenAddress,
  hostOf,
  HttpServer,
  Milestone,
  type OpsRoutes,
  OpsServer,
  reachableAddress,
  type Readiness,
  ReadinessWatch,
  scrapeTargets,
} from "@goverse/host";
import type { GoverseMetrics } from "@goverse/metrics";
import { GateService } from "@goverse/protocol";
import { addService, bind, createGrpcServer } from "@goverse/protocol/grpc";
import { createGateParts, type GateParts } from "./gate-parts.ts";
import { stopGate } from "./gate-stop.ts";
import { gateService } from "./grpc/gate-service.ts";
import { createClientApp } from "./http/client-app.ts";
import { checkStaticDirectory } from "./http/static-files.ts";
import { randomIds } from "./ids.ts";
import {
  type GateOptions,
  HTTP_LISTEN_OPTION,
  LISTEN_OPTION,
  OPS_LISTEN_OPTION,
  type ResolvedGateOptions,
  resolveGateOptions,
} from "./options.ts";

type Phase = "new" | "starting" | "running" | "stopping" | "stopped";

/** Connections beside those of event streams: callers, scrapers, probes. */
const SPARE_CONNECTIONS = 2_000;

/**
 * The door of a cluster for clients: it brings their calls to the objects, wherever those are, and what objects push to the clients.
 * It keeps no state that matters: clients of a gate that is gone connect to another one.
 */
export class Gate {
  readonly #options: ResolvedGateOptions;
  readonly #grpc: ReturnType<typeof createGrpcServer>;
  readonly #readiness: ReadinessWatch;
  readonly #listening = new Milestone("the gate stopped before it listened");
  /** Never reached: it ends a start that a stop interrupts. */
  readonly #interrupted = new Milestone("the gate was stopped while it started");
  #phase: Phase = "new";
  #parts: GateParts | undefined;
  #http: HttpServer | undefined;
  #ops: OpsServer | undefined;
  #staleReplies = 0;
  #stopped: Promise<void> | undefined;

  /** @throws GoverseError `INVALID_ARGUMENT` naming the option, its value and the remedy. */
  constructor(options: GateOptions = {}) {
    this.#options = resolveGateOptions(options);
    this.#grpc = createGrpcServer({ maxMessageBytes: this.#options.maxMessageBytes });
    this.#readiness = new ReadinessWatch(() => this.readiness, this.#options.clock);
  }

  /**
   * Listens and joins the cluster. Resolves when the gate is registered; {@link ready} says when it serves.
   * @throws GoverseError naming the option to change, when a port is taken or etcd does not answer. Nothing is left open then.
   */
  async start(): Promise<void> {
    if (this.#phase !== "new") throw new GoverseError("UNSUPPORTED", "a gate is started once; make a new one");
    this.#phase = "starting";
    try {
      await Promise.race([this.#join(), this.#interrupted.reached]);
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.#phase === "starting") this.#phase = "running";
    this.#onClusterChange();
  }

  /** Resolves when the ports are open, before the cluster is joined. Rejects when that fails. */
  get listening(): Promise<void> {
    return this.#listening.reached;
  }

  /** Resolves when the gate serves calls of every object for the first time. Rejects when it stops before. */
  get ready(): Promise<void> {
    return this.#readiness.first;
  }

  /** Whether clients should come here now, and why not; what `/ready` answers. */
  get readiness(): Readiness {
    if (this.#phase === "stopping" || this.#phase === "stopped") return { ready: false, reason: "stopping" };
    if (this.#phase !== "running") return { ready: false, reason: "starting" };
    const { consensus, streams } = this.#started;
    const readiness = consensus.readiness();
    if (readiness.ready && !streams.settled) return { ready: false, reason: "connecting to the nodes" };
    return readiness;
  }

  /** Hears when it becomes ready, and when it has not been so for a second. Returns the way to end that. */
  onReadiness(listener: (readiness: Readiness) => void): () => void {
    return this.#readiness.subscribe(listener);
  }

  /** What names this gate, and where gRPC clients reach it. @throws GoverseError `UNAVAILABLE` before it listens. */
  get address(): Address {
    return this.#started.address;
  }

  /** Where the HTTP API is, as `host:port`; `undefined` when it is off. */
  get httpAddress(): string | undefined {
    return this.#http === undefined ? undefined : formatListenAddress(this.#http.address);
  }

  /** Where `/metrics` and the other ops routes are, as `host:port`; `undefined` when they are nowhere. */
  get opsAddress(): string | undefined {
    return this.#ops === undefined ? this.httpAddress : formatListenAddress(this.#ops.address);
  }

  /** What `/metrics` shows, to add metrics of your own. @throws GoverseError `UNAVAILABLE` before it listens. */
  get metrics(): GoverseMetrics {
    return this.#started.metrics;
  }

  /** Replies that were dropped because their sender had lost the object. */
  get staleReplies(): number {
    return this.#staleReplies;
  }

  /**
   * Ends everything: clients are told to go elsewhere, requests under way are answered, the registration ends, the ports close.
   * Bounded by the preset's `stopTimeoutMs`. Never rejects; again: the same promise.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#phase = "stopping";
    this.#readiness.close();
    this.#listening.miss();
    this.#interrupted.miss();
    await stopGate({
      parts: this.#parts,
      grpc: this.#grpc,
      http: this.#http,
      ops: this.#ops,
      timeoutMs: this.#options.times.stopTimeoutMs,
      clock: this.#options.clock,
      logger: this.#options.logger,
    });
    this.#phase = "stopped";
  }

  get #started(): GateParts {
    if (this.#parts !== undefined) return this.#parts;
    throw new GoverseError("UNAVAILABLE", "this gate has not started yet");
  }

  async #join(): Promise<void> {
    const { consensus } = await this.#listen();
    this.#listening.reach();
    await consensus.start();
  }

  /** Opens the ports. `/healthz` answers from then on; calls wait, as they do for objects that have no owner. */
  async #listen(): Promise<GateParts> {
    const { listen, logger, staticDirectory } = this.#options;
    if (staticDirectory !== undefined) await checkStaticDirectory(staticDirectory);
    const service = gateService(() => ({ ...this.#started, newObjectId: randomIds.object }));
    const onInternalError = (error: unknown, method: string): void =>
      logger.error("a gRPC call failed", { method, error });
    addService(this.#grpc, GateService, service, { onInternalError });
    const port = await bind(this.#grpc, formatListenAddress(listen), LISTEN_OPTION);
    const address = this.#options.advertiseAddress ?? reachableAddress(listen, port, "localhost");
    await this.#listenHttp();
    const parts = createGateParts(this.#options, address, this.#opsAdvertised(address), {
      onChange: () => this.#readiness.check(),
      onStaleReply: () => (this.#staleReplies += 1),
    });
    this.#parts = parts;
    parts.consensus.onChange(() => this.#onClusterChange());
    return parts;
  }

  async #listenHttp(): Promise<void> {
    const { httpListen, opsListen, logger, maxClients, clock, corsOrigins, staticDirectory } = this.#options;
    const routes = this.#opsRoutes();
    if (opsListen !== undefined) {
      this.#ops = await OpsServer.start({ ...routes, option: OPS_LISTEN_OPTION, address: opsListen, logger });
    }
    if (httpListen === undefined) return;
    const app = createClientApp({
      gate: () => this.#started,
      ops: opsListen === undefined ? routes : undefined,
      corsOrigins,
      staticDirectory,
      stopping: () => this.#phase === "stopping",
      clock,
      logger,
    });
    const handler = app.callback();
    this.#http = await HttpServer.start({
      option: HTTP_LISTEN_OPTION,
      address: httpListen,
      maxConnections: maxClients + SPARE_CONNECTIONS,
      handler: (request, response) => void handler(request, response),
    });
  }

  #opsRoutes(): OpsRoutes {
    return {
      metrics: { expose: (options) => this.#started.metrics.expose(options) },
      readiness: () => this.readiness,
      scrapeTargets: () => {
        const { view } = this.#started.consensus;
        return scrapeTargets([...view.nodes(), ...view.gates()]);
      },
      token: this.#options.opsToken,
      mount: this.#options.mountOps,
    };
  }

  #opsAdvertised(address: Address): Address | undefined {
    const { opsAdvertiseAddress, opsListen, httpListen } = this.#options;
    const listen = opsListen ?? httpListen;
    const port = (this.#ops ?? this.#http)?.address.port;
    if (opsAdvertiseAddress !== undefined || listen === undefined || port === undefined) return opsAdvertiseAddress;
    return reachableAddress(listen, port, hostOf(address));
  }

  #onClusterChange(): void {
    const { consensus, streams, peers } = this.#started;
    if (this.#phase !== "running") return;
    const nodes = consensus.view.nodes().map(({ address }) => address);
    peers.retain(nodes);
    streams.setNodes(nodes);
    this.#readiness.check();
  }
}
