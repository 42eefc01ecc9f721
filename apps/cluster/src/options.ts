import {
  integerOption,
  listOption,
  type OptionSpec,
  type OptionTable,
  type ResolvedOptions,
  SHARED_OPTIONS,
} from "@goverse/host";

/** Most processes of one kind on one machine: each takes some 80 MB. */
const MAX_PROCESSES = 50;
/** Most calls a second of the demonstration traffic: far beyond what two cores serve, so nobody meets it by accident. */
const MAX_TRAFFIC = 10_000;

/** Options of `pnpm dev`. */
export const CLUSTER_OPTIONS = {
  nodes: integerOption({ min: 1, max: MAX_PROCESSES, default: 3, help: "Node processes" }),
  gates: integerOption({ min: 0, max: MAX_PROCESSES, default: 1, help: "Gate processes" }),
  etcd: listOption({
    placeholder: "host:port,…",
    default: [],
    help: "Endpoints of a real etcd; without it one runs inside this process, in memory",
  }),
  etcdPrefix: SHARED_OPTIONS.etcdPrefix,
  shards: SHARED_OPTIONS.shards,
  traffic: integerOption({
    min: 0,
    max: MAX_TRAFFIC,
    default: 0,
    help: "Chat calls a second from real clients through the gates, about 2 % of them failing on purpose",
  }),
  nodePort: portOption(47_000, "First port of the nodes' gRPC"),
  metricsPort: portOption(9090, "First port of the nodes' metrics"),
  gatePort: portOption(49_000, "First port of the gates' gRPC"),
  httpPort: portOption(8080, "First port of the gates' HTTP"),
  logLevel: { ...SHARED_OPTIONS.logLevel, defaultValue: "warn", defaultText: "warn" },
} as const satisfies OptionTable;

/** What a cluster is started with. */
export type ClusterOptions = ResolvedOptions<typeof CLUSTER_OPTIONS>;

function portOption(first: number, help: string): OptionSpec<number> {
  return integerOption({ min: 1, max: 65_535 - MAX_PROCESSES, default: first, help });
}
