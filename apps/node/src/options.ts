import {
  formatListenAddress,
  integerOption,
  type ListenAddress,
  listenOption,
  listOption,
  optionalListenOption,
  optionalTextOption,
  type OptionSpec,
  PRESETS,
  type ResolvedOptions,
  SHARED_OPTIONS,
  type SharedOptions,
} from "@goverse/host";
import type { ServerOptions } from "@goverse/server";

/** Most nodes that can be waited for; a larger number is a mistake. */
const MAX_EXPECTED_NODES = 10_000;
/** How much earlier than the process the server gives up stopping, in milliseconds: time to log what it had to cut. */
const STOP_MARGIN_MS = 500;

/** The options of this program. */
export const NODE_OPTIONS: SharedOptions & {
  readonly listen: OptionSpec<ListenAddress>;
  readonly advertise: OptionSpec<string | undefined>;
  readonly metricsListen: OptionSpec<ListenAddress | undefined>;
  readonly objects: OptionSpec<readonly string[]>;
  readonly expectNodes: OptionSpec<number>;
} = {
  listen: listenOption({
    default: "localhost:48000",
    help: "Where gRPC of other nodes and of gates is served",
  }),
  advertise: optionalTextOption({
    placeholder: "host:port",
    help: "Where the others reach this node; default: the listen address",
  }),
  metricsListen: optionalListenOption({
    help: "Where /metrics, /healthz, /ready and /sd are served; off without it",
    aliases: ["http-listen"],
  }),
  objects: listOption({
    placeholder: "file,…",
    default: [],
    help: "Modules that export the object types: what implement() or defineObject() returns",
  }),
  expectNodes: integerOption({
    min: 0,
    max: MAX_EXPECTED_NODES,
    default: 0,
    help: "The first plan waits for this many nodes, but not for ever; 0: until no more come",
  }),
  ...SHARED_OPTIONS,
};

/** The options of this program as those of the server, apart from objects and logger. */
export function serverOptions(options: ResolvedOptions<typeof NODE_OPTIONS>): Omit<ServerOptions, "objects"> {
  const { advertise, metricsListen, opsToken, expectNodes } = options;
  return {
    listenAddress: formatListenAddress(options.listen),
    ...(advertise === undefined ? {} : { advertiseAddress: advertise }),
    ...(metricsListen === undefined ? {} : { metricsListenAddress: formatListenAddress(metricsListen) }),
    ...(opsToken === undefined ? {} : { metricsToken: opsToken }),
    ...(expectNodes === 0 ? {} : { expectNodes }),
    etcdAddress: options.etcd,
    etcdPrefix: options.etcdPrefix,
    shardCount: options.shards,
    preset: options.preset,
    times: { stopTimeoutMs: PRESETS[options.preset].stopTimeoutMs - STOP_MARGIN_MS },
  };
}
