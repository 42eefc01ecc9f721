import { type Address, type AnyContract, GoverseError, type Remote, remote } from "@goverse/core";
import {
  formatListenAddress,
  hostOf,
  Milestone,
  OpsServer,
  reachableAddress,
  type Readiness,
  ReadinessWatch,
  type ScrapeTargets,
  scrapeTargets,
} from "@goverse/host";
import type { GoverseMetrics } from "@goverse/metrics";
import type { Node } from "@goverse/node";
import { Goverse } from "@goverse/protocol";
import { addService, bind, createGrpcServer, LinkAcceptor, stopGrpcServer } from "@goverse/protocol/grpc";
import { type GoverseServiceOptions, goverseService } from "./goverse-service.ts";
import { createNodeParts, type NodeParts } from "./node-parts.ts";
import {
  LISTEN_OPTION,
  METRICS_LISTEN_OPTION,
  type ResolvedServerOptions,
  resolveServerOptions,
  type ServerOptions,
} from "./options.ts";
import { serveCall } from "./serve-call.ts";
import { runStopSteps, type StopStep } from "./stop-steps.ts";

/** Share of a stop's time that the hand-over of shards may take; the rest is for calls that still run and for closing. */
const HAND_OVER_SHARE = 0.6;

type Phase = "new" | "starting" | "running" | "stopping" | "stopped";

/**
 * A node on the network: objects in this process, reachable for the other nodes, for gates, and for the program around it.
 *
 * Losing the lease in etcd does not end it: it drops its objects, registers as a new incarnation and goes on.
 */
export class Server {
  readonly #options: ResolvedServerOptions;
  readonly #grpc: ReturnType<typeof createGrpcServer>;
  readonly #readiness: ReadinessWatch;
  readonly #listening = new Milestone("this node stopped before it listened");
  /** Never reached: it ends a start that a stop interrupts. */
  readonly #interrupted = new Milestone("this node was stopped while it started");
  #phase: Phase = "new";
  /** The ports on their way to being open. */
  #opening: Promise<NodeParts> | undefined;
  #parts: NodeParts | undefined;
  #service: GoverseServiceOptions | undefined;
  #ops: OpsServer | undefined;
  #links: LinkAcceptor | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws GoverseError `INVALID_ARGUMENT` naming the option, its value and the remedy. */
  constructor(options: ServerOptions) {
    this.#options = resolveServerOptions(options);
    this.#grpc = createGrpcServer({ maxMessageBytes: this.#options.maxMessageBytes });
    this.#readiness = new ReadinessWatch(() => this.readiness, this.#options.clock);
  }

  /**
   * Listens and joins the cluster. Resolves when this process is registered; {@link ready} says when calls are served everywhere.
   * @throws GoverseError naming the option to change, when a port is taken or etcd does not answer. Nothing is left open then.
   */
  async start(): Promise<void> {
    if (this.#phase !== "new") throw new GoverseError("UNSUPPORTED", "a server is started once; make a new one");
    this.#phase = "starting";
    try {
      await Promise.race([this.#join(), this.#interrupted.reached]);
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.#phase === "starting") this.#phase = "running";
    this.#readiness.check();
  }

  /** Resolves when both ports are open, before the cluster is joined. Rejects when that fails. */
  get listening(): Promise<void> {
    return this.#listening.reached;
  }

  /** Resolves when this process is ready for the first time: every shard of the cluster has an owner. Rejects when it stops before. */
  get ready(): Promise<void> {
    return this.#readiness.first;
  }

  /** Whether this process should get work now, and why not; what `/ready` answers. */
  get readiness(): Readiness {
    if (this.#phase === "stopping" || this.#phase === "stopped") return { ready: false, reason: "stopping" };
    if (this.#phase !== "running") return { ready: false, reason: "starting" };
    return this.#started.consensus.readiness();
  }

  /** Hears when it becomes ready, and when it has not been so for a second. Returns the way to end that. */
  onReadiness(listener: (readiness: Readiness) => void): () => void {
    return this.#readiness.subscribe(listener);
  }

  /** Where the others reach it. @throws GoverseError `UNAVAILABLE` before {@link start} has listened. */
  get address(): Address {
    return this.#started.address;
  }

  /** Where `/metrics` and the other ops routes are, as `host:port`; `undefined` when they are off. */
  get opsAddress(): string | undefined {
    return this.#ops === undefined ? undefined : formatListenAddress(this.#ops.address);
  }

  /** The objects of this process. @throws GoverseError `UNAVAILABLE` before {@link start} has listened. */
  get node(): Node {
    return this.#started.node;
  }

  /** What `/metrics` shows, to add metrics of your own. @throws GoverseError `UNAVAILABLE` before {@link start} has listened. */
  get metrics(): GoverseMetrics {
    return this.#started.metrics;
  }

  /** An object of the cluster, wherever it is. Calls wait while its shard has no owner, until their deadline. */
  object<C extends AnyContract>(contract: C, id: string): Remote<C> {
    return remote(contract, id, this.#started.calls);
  }

  /**
   * Leaves the cluster and ends everything: the shards are handed to the other nodes while their running turns finish, then the
   * ports close. Bounded by the preset's `stopTimeoutMs`; what is not done by then is logged and cut. Never rejects; again: the
   * same promise.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  get #started(): NodeParts {
    if (this.#parts !== undefined) return this.#parts;
    throw new GoverseError("UNAVAILABLE", "this node has not started yet");
  }

  /** What the gRPC service serves. Until the node is wired up, calls are refused as not started. */
  get #served(): GoverseServiceOptions {
    if (this.#service !== undefined) return this.#service;
    throw new GoverseError("UNAVAILABLE", "this node is starting");
  }

  async #join(): Promise<void> {
    this.#opening = this.#listen();
    const { consensus } = await this.#opening;
    // A stop that came meanwhile has waited for the ports, and closes them.
    if (this.#phase !== "starting") return;
    this.#listening.reach();
    await consensus.start();
  }

  /** Opens both ports and wires the parts up. `/healthz` answers from then on; calls wait for the cluster. */
  async #listen(): Promise<NodeParts> {
    const { listen, advertiseAddress, logger } = this.#options;
    const onInternalError = (error: unknown, method: string): void =>
      logger.error("a gRPC call failed unexpectedly", { method, error });
    addService(
      this.#grpc,
      Goverse,
      goverseService(() => this.#served),
      { onInternalError },
    );
    this.#links = new LinkAcceptor({
      identity: () => this.#started.link,
      serve: async (call, context) => serveCall(this.#served, call, context),
      onInternalError,
      maxMessageBytes: this.#options.maxMessageBytes,
      clock: this.#options.clock,
    });
    this.#links.addTo(this.#grpc);
    const port = await bind(this.#grpc, formatListenAddress(listen), LISTEN_OPTION);
    const address = advertiseAddress ?? reachableAddress(listen, port, "localhost");
    this.#ops = await this.#listenForOps();
    const parts = createNodeParts(this.#options, address, this.#advertisedOpsAddress(address));
    this.#parts = parts;
    this.#service = serviceOptions(this.#options, parts);
    parts.consensus.onChange(() => this.#onClusterChange(parts));
    return parts;
  }

  async #listenForOps(): Promise<OpsServer | undefined> {
    const { metricsListen, metricsToken, mountOps, logger } = this.#options;
    if (metricsListen === undefined) return undefined;
    return OpsServer.start({
      option: METRICS_LISTEN_OPTION,
      address: metricsListen,
      metrics: { expose: (options) => this.metrics.expose(options) },
      readiness: () => this.readiness,
      scrapeTargets: () => this.#scrapeTargets(),
      token: metricsToken,
      mount: mountOps,
      logger,
    });
  }

  #advertisedOpsAddress(address: Address): Address | undefined {
    const { metricsAdvertiseAddress } = this.#options;
    if (this.#ops === undefined) return undefined;
    return metricsAdvertiseAddress ?? reachableAddress(this.#ops.address, this.#ops.address.port, hostOf(address));
  }

  #scrapeTargets(): readonly ScrapeTargets[] {
    const { view } = this.#started.consensus;
    return scrapeTargets([...view.nodes(), ...view.gates()]);
  }

  #onClusterChange({ consensus, peers }: NodeParts): void {
    peers.retain(consensus.view.nodes().map(({ address }) => address));
    this.#readiness.check();
  }

  async #stop(): Promise<void> {
    const { clock, logger, times } = this.#options;
    const deadlineMs = clock.monotonicMs() + times.stopTimeoutMs;
    this.#phase = "stopping";
    this.#listening.miss();
    this.#interrupted.miss();
    this.#readiness.close();
    await this.#opening?.catch(() => undefined);
    await runStopSteps(this.#stopSteps(deadlineMs), deadlineMs, { clock, logger });
    this.#phase = "stopped";
  }

  /** What a stop does, in order: the metrics port is last, so that a scrape can still see the end. */
  #stopSteps(deadlineMs: number): readonly StopStep[] {
    const parts = this.#parts;
    const ops = this.#ops;
    const steps: StopStep[] = [];
    if (parts !== undefined) {
      const leave = (leftMs: number): Promise<void> => parts.consensus.stop({ timeoutMs: leftMs * HAND_OVER_SHARE });
      steps.push({ name: "leave the cluster", run: leave });
      steps.push({ name: "end the streams of gates", run: () => parts.gates.close() });
    }
    // A link is a gRPC call, too: only when the links end the server does.
    const finish = (leftMs: number): Promise<unknown> =>
      Promise.all([this.#links?.stop(leftMs), stopGrpcServer(this.#grpc, leftMs)]);
    steps.push({ name: "finish gRPC calls", run: finish });
    if (parts !== undefined) {
      steps.push({ name: "end the objects", run: () => parts.node.stop(deadlineMs) });
      steps.push({ name: "close connections", run: () => parts.peers.close() });
    }
    if (ops !== undefined) steps.push({ name: "close the metrics port", run: () => ops.stop() });
    return steps;
  }
}

function serviceOptions({ shardCount, clock }: ResolvedServerOptions, parts: NodeParts): GoverseServiceOptions {
  const { address, node, gates, consensus } = parts;
  return {
    address,
    shardCount,
    node,
    gates,
    ownerOf: (place) => consensus.view.locate(place).owner,
    epochOfShard: (shard) => knownEpoch(consensus, shard),
    clock,
    startedMs: clock.monotonicMs(),
  };
}

function knownEpoch({ view }: Pick<NodeParts["consensus"], "view">, shard: number): number {
  const location = view.locate({ kind: "shard", shard });
  return location.owner === undefined ? 0 : location.epoch;
}
