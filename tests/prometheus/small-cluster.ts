import type { Client } from "@goverse/client";
import { createGrpcClient } from "@goverse/client/grpc";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Gate } from "@goverse/gate";
import { Server, type ServerOptions } from "@goverse/server";
import { until } from "../support/program.ts";
import { scrape, sum } from "../support/scrape.ts";
import { Fleeting, Stillborn, Thing } from "./things.ts";

/** Few shards, so that taking them over is a matter of milliseconds. */
export const SHARDS = 64;

/** Nodes and gates in this process, over an etcd of their own, on real ports. */
export class SmallCluster {
  readonly etcd: EmbeddedEtcd;
  readonly #stops: (() => Promise<unknown>)[] = [];

  private constructor(etcd: EmbeddedEtcd) {
    this.etcd = etcd;
  }

  static async start(): Promise<SmallCluster> {
    return new SmallCluster(await startEmbeddedEtcd());
  }

  /** What a process of this cluster has to be told. */
  get options(): { etcdAddress: string; shardCount: number; times: { leaseTtlMs: number; etcdTimeoutMs: number } } {
    return { etcdAddress: this.etcd.address, shardCount: SHARDS, times: { leaseTtlMs: 5_000, etcdTimeoutMs: 1_000 } };
  }

  async addNode(options: Partial<ServerOptions> = {}): Promise<Server> {
    const node = new Server({
      ...this.options,
      listenAddress: "localhost:0",
      metricsListenAddress: "localhost:0",
      objects: [Thing, Fleeting, Stillborn],
      ...options,
    });
    this.onStop(() => node.stop());
    await node.start();
    await node.ready;
    return node;
  }

  async addGate(): Promise<Gate> {
    const gate = new Gate({ ...this.options, listenAddress: "localhost:0", httpListenAddress: "localhost:0" });
    this.onStop(() => gate.stop());
    await gate.start();
    await gate.ready;
    return gate;
  }

  /** A client of a gate, over gRPC. */
  addClient(gate: Gate): Client {
    const client = createGrpcClient({ gates: [gate.address] });
    this.onStop(() => client.close());
    return client;
  }

  /** Has something ended with the cluster: the last first. */
  onStop(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Ends the registration of the process at `address`, as if it had been silent for too long. */
  expireLease(address: string): void {
    const key = `/goverse/nodes/${address}`;
    const { store } = this.etcd;
    const lease = store.leaseIds().find((id) => store.leaseTimeToLive(id, { keys: true }).keys.includes(key));
    if (lease === undefined) throw new Error(`${address} is not registered`);
    this.etcd.expireLease(lease);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
    await this.etcd.stop();
  }
}

/** A process whose metrics can be read. */
export type Scraped = Pick<Server, "opsAddress"> | string;

/** What a process exports of a metric, summed over the series whose labels include `labels`. */
export async function exported(
  process: Scraped,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  return sum(await scrape(addressOf(process)), name, labels);
}

/** The series of a metric that a process exports, in the order of the page. */
export async function seriesOf(process: Scraped, name: string): Promise<readonly Readonly<Record<string, string>>[]> {
  return (await scrape(addressOf(process))).filter((sample) => sample.name === name).map(({ labels }) => labels);
}

/** Waits until every node owns as much as the others, and nothing is on the way. */
export async function balanced(...nodes: readonly Scraped[]): Promise<void> {
  await until(async () => {
    const owned = await Promise.all(nodes.map((node) => exported(node, "goverse_shards_total")));
    const migrating = await Promise.all(nodes.map((node) => exported(node, "goverse_shards_migrating")));
    const total = owned.reduce((sum, count) => sum + count, 0);
    return total === SHARDS && Math.max(...owned) - Math.min(...owned) <= 1 && migrating.every((count) => count === 0);
  });
}

function addressOf(process: Scraped): string {
  return typeof process === "string" ? process : (process.opsAddress ?? "");
}
