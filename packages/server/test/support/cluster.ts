import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { vi } from "vitest";
import { Server, type ServerOptions } from "../../src/index.ts";
import { testObjects } from "./objects.ts";

// Clusters take seconds, and longer where other work goes on beside.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Few shards, so that taking them over is a matter of milliseconds. */
export const SHARDS = 64;

/** Servers in this process over an etcd of their own. */
export interface TestCluster {
  readonly etcd: EmbeddedEtcd;
  readonly servers: readonly Server[];
  /** Starts one more. Its objects answer with `name`. */
  add(name: string, options?: Partial<ServerOptions>): Promise<Server>;
  /** Stops everything that was started. */
  stop(): Promise<void>;
}

/** Starts an etcd and, one after the other, the named servers; resolves when all are ready and agree on who owns what. */
export async function startCluster(names: readonly string[], options?: Partial<ServerOptions>): Promise<TestCluster> {
  const etcd = await startEmbeddedEtcd();
  const servers: Server[] = [];
  const cluster: TestCluster = {
    etcd,
    servers,
    add: async (name, more) => {
      const server = createServer(name, { etcdAddress: etcd.address, ...options, ...more });
      servers.push(server);
      await server.start();
      return server;
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await etcd.stop();
    },
  };
  try {
    for (const name of names) await cluster.add(name);
    await balanced(servers);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** A server on free ports, with short times. */
export function createServer(name: string, options: Partial<ServerOptions> = {}): Server {
  return new Server({
    listenAddress: "localhost:0",
    metricsListenAddress: "localhost:0",
    shardCount: SHARDS,
    times: { leaseTtlMs: 2000, etcdTimeoutMs: 500 },
    objects: testObjects(name),
    ...options,
  });
}

/** Resolves when every server is ready and all own equal shares. */
export async function balanced(servers: readonly Server[]): Promise<void> {
  await until("the servers are ready and balanced", async () => {
    const owned = await Promise.all(servers.map((server) => metric(server, "goverse_shards_total")));
    const sum = owned.reduce((total, count) => total + count, 0);
    const isEven = Math.max(...owned) - Math.min(...owned) <= 1;
    return sum === SHARDS && isEven && servers.every(({ readiness }) => readiness.ready);
  });
}

/** Sum of a metric's series whose text contains `labels`, from the server's real `/metrics`. */
export async function metric(server: Server, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`http://${server.opsAddress}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Waits until a condition holds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 15_000): Promise<void> {
  const giveUpAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error(`gave up after ${limitMs} ms waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
