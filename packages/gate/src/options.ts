import {
  type Address,
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

/** Options of a `Gate`. */
export interface GateOptions {
  /** Where gRPC of clients is served: `host:port`, `:port` for all interfaces. Default `localhost:49000`. */
  readonly listenAddress?: string;
  /**
   * The `host:port` that names this gate: client ids begin with it, and no two gates of a cluster may have the same. Default: the
   * listen address; required where that is all interfaces.
   */
  readonly advertiseAddress?: string;
  /** Where HTTP of clients is served, and the ops routes unless they have an address of their own. Default: nowhere. */
  readonly httpListenAddress?: string;
  /** Where `/metrics`, `/healthz`, `/ready` and `/sd` are served instead of the clients' port. Default: there. */
  readonly opsListenAddress?: string;
  /** The `host:port` under which a Prometheus reaches the metrics, as `/sd` shows it. Default: the advertised host with that port. */
  readonly opsAdvertiseAddress?: string;
  /** If set, `/metrics` and `/sd` ask for it as a bearer token. */
  readonly opsToken?: string;
  /** Adds more routes for operators where the ops routes are, for example profiling. Default: none. */
  readonly mountOps?: OpsRoutes["mount"];
  /** etcd's endpoints, comma-separated or as a list. Default `localhost:2379`. */
  readonly etcdAddress?: string | readonly string[];
  /** What the keys of the cluster begin with. Default `/goverse`. */
  readonly etcdPrefix?: string;
  /** Number of shards, the same in every process of the cluster, for ever. Default 8192. */
  readonly shardCount?: number;
  /** Times that belong together: `local` (default) or `production`. */
  readonly preset?: PresetName;
  /** Replaces single times of the preset. */
  readonly times?: Partial<Preset>;
  /** A folder whose files are served to browsers, for development. Default: none. */
  readonly staticDirectory?: string;
  /** Other sites whose pages may use this gate, as `https://chat.example`; `*` for all. Default: none but its own. */
  readonly corsOrigins?: readonly string[];
  /** Most clients with a push stream at a time. Default 10 000. */
  readonly maxClients?: number;
  /** Most requests on their way at a time; each may hold a message in memory. Default 10 000. */
  readonly maxInFlight?: number;
  /** Longest gRPC message, in bytes. Default 4 MiB and an envelope. */
  readonly maxMessageBytes?: number;
  /** Version of the program, for `goverse_build_info` and the others. Default: that of this package. */
  readonly version?: string;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default: `Math.random`. */
  readonly random?: () => number;
}

/** {@link GateOptions} with every default filled in and every value checked. */
export interface ResolvedGateOptions {
  readonly listen: ListenAddress;
  /** `undefined`: the listen address, with the port that it really gets. */
  readonly advertiseAddress: Address | undefined;
  readonly httpListen: ListenAddress | undefined;
  readonly opsListen: ListenAddress | undefined;
  readonly opsAdvertiseAddress: Address | undefined;
  readonly opsToken: string | undefined;
  readonly mountOps: OpsRoutes["mount"];
  readonly etcdEndpoints: readonly string[];
  readonly etcdPrefix: string;
  readonly shardCount: number;
  readonly times: Preset;
  readonly staticDirectory: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly maxClients: number;
  readonly maxInFlight: number;
  readonly maxMessageBytes: number;
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What options are called in messages: by their name in code and by the flag of the program that passes them on. */
export const LISTEN_OPTION = "listenAddress (--listen)";
/** As {@link LISTEN_OPTION}. */
export const HTTP_LISTEN_OPTION = "httpListenAddress (--http-listen)";
/** As {@link LISTEN_OPTION}. */
export const OPS_LISTEN_OPTION = "opsListenAddress (--ops-listen)";
const ADVERTISE_OPTION = "advertiseAddress (--advertise)";

/** Version of this package, as its package.json says; a test compares the two. */
export const GATE_VERSION = "0.1.0";

/** Clients: a gate of 10 000 streams with full queues still fits a large machine; more gates serve more. */
const DEFAULT_MAX_CLIENTS = 10_000;
/** Requests: what a gate carries in a second or two; more of them at a time only means that nobody is served in time. */
const DEFAULT_MAX_IN_FLIGHT = 10_000;
/** Limits above this are mistakes: a process has no room for as many. */
const MAX_LIMIT = 1_000_000;

/**
 * Checks the options and fills in the defaults. Pure.
 * @throws GoverseError `INVALID_ARGUMENT` naming the option, the value and the remedy.
 */
export function resolveGateOptions(options: GateOptions): ResolvedGateOptions {
  const { preset = "local", corsOrigins = [], etcdPrefix = "/goverse" } = options;
  const listen = parseListenAddress(LISTEN_OPTION, options.listenAddress ?? "localhost:49000");
  const advertiseAddress = optional(options.advertiseAddress, (text) => parseAddress(text, ADVERTISE_OPTION));
  if (advertiseAddress === undefined && listen.host === undefined) {
    const remedy = "the listen address is all interfaces, so give this gate a host:port of its own to be known by";
    throw invalidArgument(ADVERTISE_OPTION, "", remedy);
  }
  for (const origin of corsOrigins) checkOrigin(origin);
  return {
    listen,
    advertiseAddress,
    httpListen: optional(options.httpListenAddress, (text) => parseListenAddress(HTTP_LISTEN_OPTION, text)),
    opsListen: optional(options.opsListenAddress, (text) => parseListenAddress(OPS_LISTEN_OPTION, text)),
    opsAdvertiseAddress: optional(options.opsAdvertiseAddress, (text) => parseAddress(text, "opsAdvertiseAddress")),
    opsToken: options.opsToken,
    mountOps: options.mountOps,
    etcdEndpoints: parseEndpoints(options.etcdAddress ?? "localhost:2379"),
    etcdPrefix: checkEtcdPrefix(etcdPrefix),
    shardCount: checkCount("shardCount (--shards)", options.shardCount ?? DEFAULT_SHARD_COUNT, MAX_SHARD_COUNT),
    times: resolveTimes(preset, options.times),
    staticDirectory: options.staticDirectory,
    corsOrigins,
    maxClients: checkCount("maxClients", options.maxClients ?? DEFAULT_MAX_CLIENTS, MAX_LIMIT),
    maxInFlight: checkCount("maxInFlight", options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT, MAX_LIMIT),
    maxMessageBytes: checkCount(
      "maxMessageBytes",
      options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
      MAX_MESSAGE_BYTES * 16,
    ),
    version: options.version ?? GATE_VERSION,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function checkOrigin(origin: string): void {
  // Browsers compare origins as text, so a path or a trailing slash would never match.
  if (origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)) return;
  throw invalidArgument("corsOrigins (--cors-origin)", origin, "write scheme://host[:port] and no path, or *");
}
