import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server, type ServerOptions } from "@goverse/server";
import { Gate, type GateOptions } from "../../src/index.ts";
import { roomObjects } from "./objects.ts";

/** Few shards, so that taking them over is a matter of milliseconds. */
const SHARDS = 32;
const TIMES = { leaseTtlMs: 2_000, etcdTimeoutMs: 500, stopTimeoutMs: 4_000 };

/** Nodes and gates in this process, over an etcd of their own. */
export interface TestCluster {
  readonly etcd: EmbeddedEtcd;
  /** The nodes in the order in which they were added. */
  readonly nodes: readonly Server[];
  addNode(name: string, options?: Partial<ServerOptions>): Promise<Server>;
  addGate(options?: GateOptions): Promise<Gate>;
  /** Stops everything that was started. */
  stop(): Promise<void>;
}

/** Starts an etcd and the named nodes. */
export async function startCluster(...names: readonly string[]): Promise<TestCluster> {
  const etcd = await startEmbeddedEtcd();
  const nodes: Server[] = [];
  const running: { stop(): Promise<void> }[] = [];
  const common = { etcdAddress: etcd.address, shardCount: SHARDS, times: TIMES };
  const cluster: TestCluster = {
    etcd,
    nodes,
    addNode: async (name, options = {}) => {
      const node = new Server({ listenAddress: "localhost:0", objects: roomObjects(name), ...common, ...options });
      nodes.push(node);
      running.push(node);
      await node.start();
      await node.ready;
      return node;
    },
    addGate: async (options = {}) => {
      const gate = new Gate({ listenAddress: "localhost:0", httpListenAddress: "localhost:0", ...common, ...options });
      running.unshift(gate);
      await gate.start();
      await gate.ready;
      return gate;
    },
    stop: async () => {
      await Promise.all(running.map((each) => each.stop()));
      await etcd.stop();
    },
  };
  try {
    for (const name of names) await cluster.addNode(name);
    await balanced(nodes);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** Resolves when every node owns its share. */
export async function balanced(nodes: readonly Server[]): Promise<void> {
  const share = Math.floor(SHARDS / nodes.length);
  const owned = (node: Server): Promise<number> => sumOf(node, "goverse_shards_total");
  await until("all nodes own their shares", async () => (await Promise.all(nodes.map(owned))).every((n) => n >= share));
}

/** Waits until a condition holds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  const giveUpAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error(`gave up after ${limitMs} ms waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Sum of the series of a metric whose text contains `labels`. */
export async function sumOf(process: Server | Gate, name: string, labels = ""): Promise<number> {
  const { chunks } = await process.metrics.expose({ names: new Set([name]) });
  return chunks
    .join("")
    .split("\n")
    .filter((line) => !line.startsWith("#") && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
