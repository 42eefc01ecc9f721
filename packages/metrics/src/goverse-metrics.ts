import { type Clock, GoverseError, invalidArgument, type Logger, silentLogger, systemClock } from "@goverse/core";
import { Registry } from "prom-client";
import * as contract from "./contract-metrics.ts";
import type { Role } from "./definition.ts";
import { Families } from "./families.ts";
import { MethodRecorder, type MethodMetrics, type TypeMetrics, UNKNOWN } from "./method-metrics.ts";
import type { ObjectCountSource } from "./object-counts.ts";
import { metricsOf, processMetrics, register } from "./process-metrics.ts";
import * as runtime from "./runtime-metrics.ts";
import { type ExposeOptions, type Exposition, Scraper } from "./scraper.ts";

/** Kinds of client stream, as they appear in `client_type`. */
export type ClientType = "grpc" | "link" | "sse" | "websocket";

/** Open client streams by type, read at scrape time. */
export type ClientSource = () => Iterable<readonly [type: ClientType, count: number]>;

/** What a node knows about shards, read at scrape time. */
export type ShardSource = () => {
  /** Shards this node owns. */
  readonly owned: number;
  /** Shards of the whole cluster on the move; `undefined` while the view is too old to be believed. */
  readonly migrating: number | undefined;
};

/** Metrics with reasons, whose series can be declared before they are needed. */
export interface DeclaredReasons {
  readonly shardDecisions?: readonly string[];
  readonly coldStarts?: readonly string[];
  readonly pushDrops?: readonly string[];
}

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** The process's advertise address: the value of every `node` label. */
  readonly node: string;
  readonly role: Role;
  /** Version of GoVerse for `goverse_build_info`. Default `unknown`. */
  readonly version?: string;
  /** Shards of the cluster, for `goverse_shard_count`. Default: unknown, and the metric has no sample. */
  readonly shardCount?: number;
  /** Whether the metrics of Node.js itself come along. Default true. */
  readonly processMetrics?: boolean;
  /** Default: the system's. */
  readonly clock?: Pick<Clock, "monotonicMs">;
  /** Hears about collectors that fail. Default: nobody. */
  readonly logger?: Pick<Logger, "error">;
  /** Lets other work run in the middle of a large scrape. Default: one turn of the event loop. */
  readonly pause?: () => Promise<void>;
}

/** Creates the metrics of one process. */
export function createMetrics(options: MetricsOptions): GoverseMetrics {
  return new GoverseMetrics(options);
}

/**
 * All metrics of one process, recorded by verbs: components say what happened and never see a label. Counters are born at 0;
 * gauges are read from their source when scraped.
 */
export class GoverseMetrics {
  readonly node: string;
  readonly role: Role;
  /** prom-client's registry behind it, to register metrics of your own beside ours. Never change its content type. */
  readonly registry: Registry = new Registry();
  readonly #families: Families;
  readonly #methods: MethodRecorder | undefined;
  readonly #clients = new Set<ClientSource>();
  readonly #scraper: Scraper;
  readonly #logger: Pick<Logger, "error">;
  #coldStartReasons: readonly string[] = [];

  /** @throws GoverseError `INVALID_ARGUMENT` for a bad option. */
  constructor(options: MetricsOptions) {
    const { node, role, clock = systemClock, pause = nextTurn } = options;
    if (typeof node !== "string" || node === "") {
      throw invalidArgument("node", node, "give the advertise address of the process, for example localhost:47000");
    }
    if (role !== "node" && role !== "gate") throw invalidArgument("role", role, 'give "node" or "gate"');
    this.node = node;
    this.role = role;
    this.#logger = options.logger ?? silentLogger;
    this.#families = new Families(this.registry, role, node, () => clock.monotonicMs());
    if (options.processMetrics ?? true) for (const metric of processMetrics()) register(this.registry, metric);
    this.#scraper = new Scraper(() => metricsOf(this.registry), {
      pause,
      onError: (metric, error) => this.#collectorFailed(metric, error),
    });
    if (role === "node") {
      this.#methods = new MethodRecorder(
        node,
        this.#families.counter(contract.METHOD_CALLS_TOTAL),
        this.#families.histogram(contract.METHOD_CALL_DURATION),
        this.#families.histogram(runtime.METHOD_QUEUE_WAIT),
      );
    }
    this.#start(options.version ?? "unknown", options.shardCount);
  }

  // Methods.

  /** Makes a type known: both counters of each method exist at 0 from now on. Again with the same type: adds methods to it. */
  registerType(type: string, methods: readonly string[]): TypeMetrics {
    const metrics = this.#nodeMethods().registerType(type, methods);
    this.#bearColdStarts();
    return metrics;
  }

  /**
   * Where calls to what is not registered are recorded.
   * @param type The type, when that at least is registered.
   */
  unknownMethod(type?: string): MethodMetrics {
    const methods = this.#nodeMethods();
    return (type === undefined ? undefined : methods.type(type)?.method(UNKNOWN)) ?? methods.unknown;
  }

  // Objects, shards and clients, read when scraped.

  /** Exports the number of objects from `source`; the returned function ends that. A later source replaces an earlier one. */
  observeObjects(source: ObjectCountSource): () => void {
    const gauge = this.#families.objects;
    if (gauge === undefined) throw this.#wrongRole();
    gauge.setSource(source);
    return () => gauge.setSource(undefined);
  }

  /** Exports this node's shards and the cluster's migrations from `source`, which is asked once for each of the two. */
  observeShards(source: ShardSource): () => void {
    const owned = this.#families.gauge(contract.SHARDS_TOTAL);
    const migrating = this.#families.gauge(contract.SHARDS_MIGRATING);
    owned.setSource(() => [[[this.node], source().owned]]);
    migrating.setSource(() => {
      const count = source().migrating;
      return count === undefined ? [] : [[[], count]];
    });
    return () => {
      owned.setSource(() => []);
      migrating.setSource(() => []);
    };
  }

  /** Adds a source of open client streams; several add up, because a gate has one per protocol. Returns the way to end it. */
  observeClients(source: ClientSource): () => void {
    this.#clients.add(source);
    return () => this.#clients.delete(source);
  }

  // Shards, counted as it happens.

  /** This node claimed shards. */
  shardsClaimed(count: number): void {
    this.#families.cell(contract.SHARD_CLAIMS_TOTAL, [this.node]).add(count);
  }

  /** This node gave up shards by agreement. */
  shardsReleased(count: number): void {
    this.#families.cell(contract.SHARD_RELEASES_TOTAL, [this.node]).add(count);
  }

  /** Another node appeared: migrations from it exist at 0 from now on. */
  peerSeen(address: string): void {
    if (address !== this.node) this.#families.counter(contract.SHARD_MIGRATIONS_TOTAL).child([address, this.node]);
  }

  /** This node claimed a shard whose last other owner was `fromNode`. Once per move; from itself it is no move and not counted. */
  shardMigrated(fromNode: string): void {
    if (fromNode === this.node) return;
    this.#families.cell(contract.SHARD_MIGRATIONS_TOTAL, [fromNode, this.node]).add();
  }

  /** The planner decided something `count` times (default once) for `reason`. */
  shardDecided(reason: string, count = 1): void {
    this.#families.cell(runtime.SHARD_DECISIONS_TOTAL, [this.node, reason]).add(count);
  }

  /** The lease ran out, and with it the ownership of every shard. */
  leaseLost(): void {
    this.#families.cell(runtime.LEASE_LOST_TOTAL, [this.node]).add();
  }

  // Losses.

  /** An object of a registered type started without the state it had before. */
  objectStartedCold(type: string, reason: string): void {
    const known = this.#nodeMethods().type(type) === undefined ? UNKNOWN : type;
    this.#families.cell(runtime.OBJECTS_STARTED_COLD_TOTAL, [this.node, known, reason]).add();
  }

  /** Messages to clients were not delivered. */
  pushesDropped(reason: string, count = 1): void {
    this.#families.cell(runtime.PUSHES_DROPPED_TOTAL, [this.node, reason]).add(count);
  }

  /** Names reasons before they occur, so that their counters exist at 0 (cold starts: for every registered type). */
  declareReasons({ shardDecisions = [], coldStarts = [], pushDrops = [] }: DeclaredReasons): void {
    const decisions = shardDecisions.map((reason) => [runtime.SHARD_DECISIONS_TOTAL, reason] as const);
    const drops = pushDrops.map((reason) => [runtime.PUSHES_DROPPED_TOTAL, reason] as const);
    for (const [definition, reason] of [...decisions, ...drops]) this.#families.cell(definition, [this.node, reason]);
    this.#coldStartReasons = [...this.#coldStartReasons, ...coldStarts];
    this.#bearColdStarts();
  }

  // Reading.

  /** Renders everything, or what `options.names` asks for. Never rejects because of a metric: one that fails is left out. */
  expose(options: ExposeOptions = {}): Promise<Exposition> {
    return this.#scraper.expose(options);
  }

  /** Brings to life what exists from the start. */
  #start(version: string, shardCount: number | undefined): void {
    this.#families.gauge(runtime.BUILD_INFO).setSource(() => [[[version, process.version], 1]]);
    this.#families.gauge(runtime.NODE_INFO).setSource(() => [[[this.node, this.role], 1]]);
    if (shardCount !== undefined) this.#families.gauge(runtime.SHARD_COUNT).setSource(() => [[[], shardCount]]);
    this.#families.gauge(contract.CLIENTS_CONNECTED).setSource(() => this.#clientReadings());
    for (const definition of this.#families.definitions) {
      if (definition.maxSeries > 1) this.#families.cell(runtime.SERIES_REFUSED_TOTAL, [definition.name]);
      if (definition.type === "gauge") this.#families.cell(runtime.COLLECTOR_ERRORS_TOTAL, [definition.name]);
    }
    if (this.role === "gate") return;
    for (const definition of [contract.SHARD_CLAIMS_TOTAL, contract.SHARD_RELEASES_TOTAL, runtime.LEASE_LOST_TOTAL]) {
      this.#families.cell(definition, [this.node]);
    }
  }

  #clientReadings(): [string[], number][] {
    const counts = new Map<string, number>([["grpc", 0]]);
    for (const source of this.#clients) {
      for (const [type, count] of source()) counts.set(type, (counts.get(type) ?? 0) + count);
    }
    return [...counts].map(([type, count]) => [[this.node, type], count]);
  }

  #bearColdStarts(): void {
    for (const type of this.#methods?.types() ?? []) {
      for (const reason of this.#coldStartReasons) {
        this.#families.counter(runtime.OBJECTS_STARTED_COLD_TOTAL).child([this.node, type, reason]);
      }
    }
  }

  #collectorFailed(metric: string, error: unknown): void {
    this.#families.cell(runtime.COLLECTOR_ERRORS_TOTAL, [metric]).add();
    this.#logger.error("a metric could not be read and was left out of a scrape", { metric, error });
  }

  #nodeMethods(): MethodRecorder {
    if (this.#methods === undefined) throw this.#wrongRole();
    return this.#methods;
  }

  #wrongRole(): GoverseError {
    return new GoverseError("UNSUPPORTED", 'a gate has no objects; create its metrics with role "node" to record them');
  }
}

/** One turn of the event loop: everything that waits gets its chance. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
