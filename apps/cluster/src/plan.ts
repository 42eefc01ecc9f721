import type { ClusterOptions } from "./options.ts";

/** One process of the cluster. */
export interface ProcessPlan {
  readonly role: "node" | "gate";
  /** How people and metrics call it: its advertised address. */
  readonly address: string;
  /** Where its HTTP is: metrics for a node, the client API and metrics for a gate. */
  readonly httpAddress: string;
  /** Options of `apps/node` or `apps/gate`. */
  readonly args: readonly string[];
  /** The options here that move its ports, for the error about a taken one. */
  readonly portOptions: string;
}

/** Decides which processes run, on which ports. Pure. */
export function planCluster(
  options: ClusterOptions,
  parts: { readonly etcdAddress: string; readonly objects: string; readonly page: string },
): readonly ProcessPlan[] {
  const shared = [
    `--etcd=${parts.etcdAddress}`,
    `--etcd-prefix=${options.etcdPrefix}`,
    `--shards=${options.shards}`,
    "--preset=local",
    `--log-level=${options.logLevel}`,
  ];
  const nodes = Array.from({ length: options.nodes }, (_, index): ProcessPlan => {
    const address = `localhost:${options.nodePort + index}`;
    const httpAddress = `localhost:${options.metricsPort + index}`;
    return {
      role: "node",
      address,
      httpAddress,
      args: [
        `--listen=${address}`,
        `--metrics-listen=${httpAddress}`,
        `--objects=${parts.objects}`,
        `--expect-nodes=${options.nodes}`,
        ...shared,
      ],
      portOptions: "--node-port or --metrics-port",
    };
  });
  const gates = Array.from({ length: options.gates }, (_, index): ProcessPlan => {
    const address = `localhost:${options.gatePort + index}`;
    const httpAddress = `localhost:${options.httpPort + index}`;
    return {
      role: "gate",
      address,
      httpAddress,
      args: [`--listen=${address}`, `--http-listen=${httpAddress}`, `--static=${parts.page}`, ...shared],
      portOptions: "--gate-port or --http-port",
    };
  });
  return [...nodes, ...gates];
}
