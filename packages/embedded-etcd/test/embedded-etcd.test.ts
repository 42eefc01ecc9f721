import { noop } from "cockatiel";
import { Etcd3 } from "etcd3";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type Compare,
  type EmbeddedEtcd,
  type EmbeddedEtcdOptions,
  EtcdStore,
  type RequestOp,
  startEmbeddedEtcd,
} from "../src/index.ts";
import { resolveOptions } from "../src/options.ts";
import { ManualClock } from "./manual-clock.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: EmbeddedEtcdOptions = {}): Promise<{ etcd: EmbeddedEtcd; client: Etcd3 }> {
  const etcd = await startEmbeddedEtcd(options);
  const client = new Etcd3({ hosts: etcd.address, faultHandling: { host: () => noop, global: noop } });
  cleanups.push(
    () => etcd.stop(),
    () => client.close(),
  );
  return { etcd, client };
}

describe("options", () => {
  test("production is refused unless forced, with the reason", () => {
    expect(() => resolveOptions({}, "production")).toThrow(
      /NODE_ENV=production.*neither durable nor replicated.*force/,
    );
    expect(resolveOptions({ force: true }, "production").host).toBe("127.0.0.1");
  });

  test.each([
    [{ port: -1 }, /option port = -1 .* Use 0 for a free one/],
    [{ port: 70_000 }, /option port = 70000/],
    [{ progressNotifyIntervalMs: 0 }, /option progressNotifyIntervalMs = 0/],
    [{ maxHistoryEvents: 1.5 }, /option maxHistoryEvents = 1.5/],
    [{ host: "" }, /option host = ""/],
  ])("%j is refused", (options, message) => {
    expect(() => resolveOptions(options, undefined)).toThrow(message);
  });

  test("a taken port is named together with the remedy", async () => {
    const { etcd } = await start();
    await expect(startEmbeddedEtcd({ port: etcd.port })).rejects.toThrow(
      new RegExp(`option port = ${etcd.port}.*EADDRINUSE.*use 0 for a free one`),
    );
  });
});

test("leases end on the injected clock, and only then", async () => {
  const clock = new ManualClock();
  const { etcd, client } = await start({ clock });
  const { ID } = await client.leaseClient.leaseGrant({ TTL: 5 });
  await client.put("a").value("1").lease(ID);
  clock.advance(4999);
  expect(await client.get("a").string()).toBe("1");
  clock.advance(1);
  expect(await client.get("a").string()).toBeNull();
  expect(etcd.store.leaseIds()).toEqual([]);
});

test("progress is sent at the injected interval", async () => {
  const clock = new ManualClock();
  const { client } = await start({ clock, progressNotifyIntervalMs: 100 });
  const stream = await client.watchClient.watch();
  const received: { watch_id: string; created: boolean }[] = [];
  stream.on("data", (message) => received.push(message));
  stream.write({ create_request: { key: Buffer.from("a"), progress_notify: true } });
  await vi.waitUntil(() => received.length === 1);
  clock.advance(200);
  await vi.waitUntil(() => received.length === 2);
  expect(received[1]).toMatchObject({ watch_id: "0", created: false, events: [] });
  stream.end();
});

describe("fault switches", () => {
  test("a paused server answers nothing, and everything afterwards", async () => {
    const clock = new ManualClock();
    const { etcd, client } = await start({ clock });
    const { ID } = await client.leaseClient.leaseGrant({ TTL: 5 });
    await client.put("leased").value("1").lease(ID);
    etcd.pause();
    let answered = false;
    const put = client
      .put("a")
      .value("1")
      .then(() => (answered = true));
    clock.advance(60_000);
    // A request on another connection proves that the server had every chance to answer.
    const other = new Etcd3({ hosts: etcd.address, faultHandling: { host: () => noop, global: noop } });
    cleanups.push(() => other.close());
    await expect(other.get("a").options({ deadline: Date.now() + 200 })).rejects.toThrow("DEADLINE_EXCEEDED");
    expect(answered).toBe(false);
    expect(etcd.store.leaseIds()).toHaveLength(1);
    etcd.resume();
    await put;
    expect(await client.get("leased").string()).toBeNull();
  });

  test("a lease can be ended at once", async () => {
    const { etcd, client } = await start();
    const { ID } = await client.leaseClient.leaseGrant({ TTL: 500 });
    await client.put("a").value("1").lease(ID);
    etcd.expireLease(BigInt(ID));
    expect(await client.get("a").string()).toBeNull();
    expect(() => etcd.expireLease(BigInt(ID))).toThrow("etcdserver: requested lease not found");
  });

  test("connections can be cut, and come back", async () => {
    const { etcd, client } = await start();
    await client.put("a").value("1");
    const stream = await client.watchClient.watch();
    const ended = new Promise((resolve) => stream.on("error", resolve));
    stream.write({ create_request: { key: Buffer.from("a") } });
    await new Promise<void>((resolve) => stream.on("data", () => resolve()));
    etcd.dropConnections();
    await ended;
    await vi.waitUntil(
      async () =>
        (await client
          .get("a")
          .string()
          .catch(() => "")) === "1",
      { timeout: 5000 },
    );
  });
});

test("a client that does not read does not make the server keep its events", async () => {
  const { etcd, client } = await start({ maxHistoryEvents: 64 });
  const stream = (await client.watchClient.watch()) as unknown as NodeJS.ReadableStream & {
    write(request: object): void;
    end(): void;
  };
  const received: { canceled: boolean; compact_revision: string }[] = [];
  stream.on("data", (message: unknown) => received.push(message as (typeof received)[number]));
  stream.write({ create_request: { key: Buffer.from("a") } });
  await vi.waitUntil(() => received.length === 1);
  stream.pause();
  const value = "x".repeat(64 * 1024);
  // 32 MiB: more than all buffers between the two, so the watch falls behind what the history holds.
  for (let index = 0; index < 512; index++) {
    etcd.store.put({ key: "a", value });
    await new Promise(setImmediate);
  }
  stream.resume();
  await vi.waitUntil(() => received.some(({ canceled }) => canceled), { timeout: 10_000 });
  expect(Number(received.at(-1)?.compact_revision)).toBeGreaterThan(1);
  stream.end();
});

test("8192 claims of two keys each, 120 to a transaction, take well under a second of the store's time", () => {
  const store = new EtcdStore({ nowMs: () => 0 });
  const startMs = performance.now();
  for (let first = 0; first < 8192; first += 120) {
    const success = Array.from({ length: Math.min(120, 8192 - first) }, (_, offset) => claim(first + offset));
    store.txn({ compare: [], success, failure: [] });
  }
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(store.range({ key: "shard/", rangeEnd: "shard0", countOnly: true }).count).toBe(8192);
});

function claim(shard: number): RequestOp {
  const absent = (key: string): Compare => ({ key, target: "mod", result: "equal", operand: 0 });
  const put = (key: string): RequestOp => ({ kind: "put", request: { key, value: "a,a" } });
  const [shardKey, epochKey] = [`shard/${shard}`, `epoch/${shard}`];
  const compare = [absent(shardKey), absent(epochKey), absent("nodes/a")];
  return { kind: "txn", request: { compare, success: [put(shardKey), put(epochKey)], failure: [] } };
}
