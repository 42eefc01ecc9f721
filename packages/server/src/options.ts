import {
  type Address,
  type AnyImplementation,
  type Clock,
  DEFAULT_SHARD_COUNT,
  invalidArgument,
  type Logger,
  MAX_SHARD_COUNT,
  parseAddress,
  silentLogger,
  systemClock,
} from "@goverse/core";
import {
  checkCount,
  checkEtcdPrefix,
  type ListenAddress,
  type OpsRoutes,
  parseEndpoints,
  parseListenAddress,
  type Preset,
  type PresetName,
  resolveTimes,
} from "@goverse/host";
import { MAX_MESSAGE_BYTES } from "@goverse/protocol/grpc";

/** Options of a `Server`. */
export interface ServerOptions {
  /** Where gRPC of other nodes and of gates is served: `host:port`, `:port` for all interfaces. Default `localhost:48000`. */
  readonly listenAddress?: string;
  /** The `host:port` under which the others reach it. Default: the listen address; required where that is all interfaces. */
  readonly advertiseAddress?: string;
  /** Where `/metrics`, `/healthz`, `/ready` and `/sd` are served. Default: nowhere. */
  readonly metricsListenAddress?: string;
  /** The `host:port` under which a Prometheus reaches the metrics, as `/sd` shows it. Default: like `advertiseAddress`, with that port. */
  readonly metricsAdvertiseAddress?: string;
  /** If set, `/metrics` and `/sd` ask for it as a bearer token. */
  readonly metricsToken?: string;
  /** Adds more routes for operators on the metrics port, for example profiling. Default: none. */
  readonly mountOps?: OpsRoutes["mount"];
  /** etcd's endpoints, comma-separated or as a list. Default `localhost:2379`. */
  readonly etcdAddress?: string | readonly string[];
  /** How long `start` waits for etcd's first answer, in milliseconds. Default 5000. */
  readonly etcdConnectTimeoutMs?: number;
  /** What the keys of the cluster begin with; clusters with different prefixes do not see each other. Default `/goverse`. */
  readonly etcdPrefix?: string;
  /** Number of shards, the same in every process of the cluster, for ever. Default 8192. */
  readonly shardCount?: number;
  /** Times that belong together: `local` (default) or `production`. */
  readonly preset?: PresetName;
  /** Replaces single times of the preset. */
  readonly times?: Partial<Preset>;
  /** The object types of this node: what `implement()` or `defineObject()` returns. */
  readonly objects: readonly AnyImplementation[];
  /** The leader makes its first plan when this many nodes are there, or after the quiet time of the preset. Default: no number. */
  readonly expectNodes?: number;
  /** Longest gRPC message, in bytes. Default 4 MiB and an envelope. */
  readonly maxMessageBytes?: number;
  /** Version of the program, for `goverse_build_info` and the other nodes. Default: that of this package. */
  readonly version?: string;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default: `Math.random`. */
  readonly random?: () => number;
}

/** {@link ServerOptions} with every default filled in and every value checked. */
export interface ResolvedServerOptions {
  readonly listen: ListenAddress;
  /** `undefined`: the listen address, with the port that it really gets. */
  readonly advertiseAddress: Address | undefined;
  readonly metricsListen: ListenAddress | undefined;
  readonly metricsAdvertiseAddress: Address | undefined;
  readonly metricsToken: string | undefined;
  readonly mountOps: OpsRoutes["mount"];
  readonly etcdEndpoints: readonly string[];
  readonly etcdConnectTimeoutMs: number;
  readonly etcdPrefix: string;
  readonly shardCount: number;
  readonly times: Preset;
  readonly objects: readonly AnyImplementation[];
  readonly expectNodes: number | undefined;
  readonly maxMessageBytes: number;
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

// What options are called in messages: by their name in code, and by the flag of the program that passes them on.
/** {@link ServerOptions.listenAddress} in messages. */
export const LISTEN_OPTION = "listenAddress (--listen)";
/** {@link ServerOptions.metricsListenAddress} in messages. */
export const METRICS_LISTEN_OPTION = "metricsListenAddress (--metrics-listen)";
const ADVERTISE_OPTION = "advertiseAddress (--advertise)";

/** Version of this package, as its package.json says; a test compares the two. */
export const SERVER_VERSION = "0.1.0";
/** Longer than an etcd that just starts needs, short enough for a person who mistyped its address. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
/** Longest wait for it: an hour. */
const MAX_CONNECT_TIMEOUT_MS = 3_600_000;
/** Most nodes that can be waited for; a larger number is a mistake. */
const MAX_EXPECTED_NODES = 10_000;

/**
 * Checks the options and fills in the defaults. Pure.
 * @throws GoverseError `INVALID_ARGUMENT` naming the option, the value and the remedy.
 */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const { objects, preset = "local", expectNodes, maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  const listen = parseListenAddress(LISTEN_OPTION, options.listenAddress ?? "localhost:48000");
  const advertiseAddress = optionalAddress(ADVERTISE_OPTION, options.advertiseAddress);
  if (advertiseAddress === undefined && listen.host === undefined) {
    throw invalidArgument(
      ADVERTISE_OPTION,
      undefined,
      "listenAddress is all interfaces, so say under which host:port the other processes reach this one",
    );
  }
  if (expectNodes !== undefined) checkCount("expectNodes", expectNodes, MAX_EXPECTED_NODES);
  checkCount("maxMessageBytes", maxMessageBytes, MAX_MESSAGE_BYTES * 16);
  const etcdConnectTimeoutMs = options.etcdConnectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  checkCount("etcdConnectTimeoutMs", etcdConnectTimeoutMs, MAX_CONNECT_TIMEOUT_MS);
  const shardCount = options.shardCount ?? DEFAULT_SHARD_COUNT;
  checkCount("shardCount (--shards)", shardCount, MAX_SHARD_COUNT);
  checkObjects(objects);
  return {
    listen,
    advertiseAddress,
    metricsListen:
      options.metricsListenAddress === undefined
        ? undefined
        : parseListenAddress(METRICS_LISTEN_OPTION, options.metricsListenAddress),
    metricsAdvertiseAddress: optionalAddress("metricsAdvertiseAddress", options.metricsAdvertiseAddress),
    metricsToken: options.metricsToken,
    mountOps: options.mountOps,
    etcdEndpoints: parseEndpoints(options.etcdAddress ?? "localhost:2379"),
    etcdConnectTimeoutMs,
    etcdPrefix: checkEtcdPrefix(options.etcdPrefix ?? "/goverse"),
    shardCount,
    times: resolveTimes(preset, options.times),
    objects,
    expectNodes,
    maxMessageBytes,
    version: options.version ?? SERVER_VERSION,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function optionalAddress(option: string, text: string | undefined): Address | undefined {
  return text === undefined ? undefined : parseAddress(text, option);
}

function checkObjects(objects: readonly AnyImplementation[]): void {
  if (!Array.isArray(objects)) {
    throw invalidArgument("objects", objects, "give the list of what implement() or defineObject() returned");
  }
  const names = new Set<string>();
  for (const [index, implementation] of objects.entries()) {
    const name = (implementation as Partial<AnyImplementation> | undefined)?.contract?.name;
    if (typeof name !== "string" || implementation.behaviour === undefined) {
      throw invalidArgument(
        `objects[${index}]`,
        name,
        "give what implement() or defineObject() returned, not the contract",
      );
    }
    if (names.has(name)) throw invalidArgument(`objects[${index}]`, name, "each object type is given once");
    names.add(name);
  }
}
