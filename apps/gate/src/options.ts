import type { GateOptions } from "@goverse/gate";
import {
  formatListenAddress,
  type ListenAddress,
  listenOption,
  listOption,
  optionalListenOption,
  optionalTextOption,
  type OptionSpec,
  type ResolvedOptions,
  SHARED_OPTIONS,
  type SharedOptions,
} from "@goverse/host";

/** The options of this program. */
export const GATE_OPTIONS: SharedOptions & {
  readonly listen: OptionSpec<ListenAddress>;
  readonly advertise: OptionSpec<string | undefined>;
  readonly httpListen: OptionSpec<ListenAddress | undefined>;
  readonly opsListen: OptionSpec<ListenAddress | undefined>;
  readonly static: OptionSpec<string | undefined>;
  readonly corsOrigin: OptionSpec<readonly string[]>;
} = {
  listen: listenOption({
    default: "localhost:49000",
    help: "Where gRPC of clients is served",
  }),
  advertise: optionalTextOption({
    placeholder: "host:port",
    help: "What names this gate, unlike any other; default: the listen address",
  }),
  httpListen: optionalListenOption({
    help: "Where the HTTP API of clients is served, and /metrics, /healthz, /ready and /sd; off without it",
  }),
  opsListen: optionalListenOption({
    help: "Where /metrics, /healthz, /ready and /sd are served instead of the clients' port",
  }),
  static: optionalTextOption({
    placeholder: "folder",
    help: "A folder served to browsers at the HTTP port, for development",
  }),
  corsOrigin: listOption({
    placeholder: "origin,…",
    default: [],
    help: "Other sites whose pages may use the HTTP API, as https://chat.example; * for all",
  }),
  ...SHARED_OPTIONS,
};

/** The options of this program as those of the gate, apart from the logger. */
export function gateOptions(options: ResolvedOptions<typeof GATE_OPTIONS>): GateOptions {
  const { advertise, httpListen, opsListen, opsToken } = options;
  return {
    listenAddress: formatListenAddress(options.listen),
    ...(advertise === undefined ? {} : { advertiseAddress: advertise }),
    ...(httpListen === undefined ? {} : { httpListenAddress: formatListenAddress(httpListen) }),
    ...(opsListen === undefined ? {} : { opsListenAddress: formatListenAddress(opsListen) }),
    ...(opsToken === undefined ? {} : { opsToken }),
    ...(options.static === undefined ? {} : { staticDirectory: options.static }),
    corsOrigins: options.corsOrigin,
    etcdAddress: options.etcd,
    etcdPrefix: options.etcdPrefix,
    shardCount: options.shards,
    preset: options.preset,
  };
}
