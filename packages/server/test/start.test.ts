import { createServer as createNetServer, type AddressInfo } from "node:net";
import { GoverseError } from "@goverse/core";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createServer } from "./support/cluster.ts";
import { Counter } from "./support/objects.ts";
import type { ServerOptions } from "../src/index.ts";

let etcd: EmbeddedEtcd;
let taken: { port: number; close: () => void };

beforeAll(async () => {
  etcd = await startEmbeddedEtcd();
  const listener = createNetServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  taken = { port: (listener.address() as AddressInfo).port, close: () => listener.close() };
});

afterAll(async () => {
  taken.close();
  await etcd.stop();
});

/** Starts a server that must fail; resolves to the failure. */
async function failureOf(options: Partial<ServerOptions>): Promise<GoverseError> {
  const server = createServer("fails", { etcdAddress: etcd.address, ...options });
  const failure = await server.start().then(
    () => undefined,
    (error: unknown) => error,
  );
  await server.stop();
  expect(failure).toBeInstanceOf(GoverseError);
  return failure as GoverseError;
}

test("a taken port is named with the option that changes it", async () => {
  const { message } = await failureOf({ listenAddress: `127.0.0.1:${taken.port}` });
  expect(message).toContain(`--listen) 127.0.0.1:${taken.port} is in use`);
});

test("a taken metrics port is named with the option that changes it", async () => {
  const { message, details } = await failureOf({ metricsListenAddress: `127.0.0.1:${taken.port}` });
  expect(message).toContain(`127.0.0.1:${taken.port}`);
  expect(message).toContain("the port is taken by another process");
  expect(details.field).toContain("--metrics-listen");
});

test("an etcd that does not answer is named, in time", async () => {
  const startedMs = performance.now();
  const { code, message } = await failureOf({
    etcdAddress: `127.0.0.1:${taken.port}`,
    etcdConnectTimeoutMs: 300,
  });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect([code, message]).toEqual(["UNAVAILABLE", expect.stringContaining(`127.0.0.1:${taken.port}`)]);
});

test("a process with another shard count is refused", async () => {
  const prefix = { etcdPrefix: "/counts", etcdAddress: etcd.address };
  const first = createServer("first", prefix);
  await first.start();
  const { message } = await failureOf({ ...prefix, shardCount: 32 });
  expect(message).toContain("32 shards");
  expect(message).toContain("64");
  await first.stop();
});

test("two living processes cannot have one address", async () => {
  const shared = { etcdPrefix: "/rivals", etcdAddress: etcd.address, advertiseAddress: "localhost:1234" };
  const first = createServer("first", shared);
  await first.start();
  const { message } = await failureOf(shared);
  expect(message).toContain("another living process is registered as localhost:1234");
  await first.stop();
});

test("a failed start leaves nothing open", async () => {
  const server = createServer("fails", { etcdAddress: `127.0.0.1:${taken.port}`, etcdConnectTimeoutMs: 200 });
  const failed = server.start().catch(() => {});
  await server.listening;
  const { address, opsAddress } = server;
  expect((await fetch(`http://${opsAddress}/healthz`)).status).toBe(200);
  expect(await (await fetch(`http://${opsAddress}/ready`)).json()).toEqual({ status: "not ready", reason: "starting" });
  await failed;
  await expect(fetch(`http://${opsAddress}/healthz`)).rejects.toThrow();
  const again = createServer("again", { etcdAddress: etcd.address, listenAddress: address });
  await again.start();
  await again.stop();
});

test("a stop in the middle of a start ends it", async () => {
  const server = createServer("interrupted", {
    etcdAddress: `127.0.0.1:${taken.port}`,
    etcdConnectTimeoutMs: 60_000,
  });
  const start = server.start();
  const ready = server.ready;
  await server.listening;
  await server.stop();
  await expect(start).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(ready).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a stop right after the start leaves nothing open", async () => {
  const server = createServer("brief", { etcdAddress: etcd.address, etcdPrefix: "/brief" });
  const start = server.start();
  await server.stop();
  await expect(start).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(fetch(`http://${server.opsAddress}/healthz`)).rejects.toThrow();
  expect(etcd.store.range({ key: `/brief/nodes/${server.address}` }).kvs).toEqual([]);
});

test("before it has started, and after, a server says so", async () => {
  const server = createServer("early", { etcdAddress: etcd.address, etcdPrefix: "/early" });
  expect(() => server.address).toThrow("has not started");
  expect(() => server.object(Counter, "a")).toThrow("has not started");
  expect(server.readiness).toEqual({ ready: false, reason: "starting" });
  await server.start();
  await server.ready;
  expect(server.readiness).toEqual({ ready: true });
  await expect(server.start()).rejects.toThrow("started once");
  expect(server.stop()).toBe(server.stop());
  await server.stop();
  expect(server.readiness).toEqual({ ready: false, reason: "stopping" });
});

test("a server that never started can be stopped", async () => {
  const server = createServer("never", { etcdAddress: etcd.address });
  await server.stop();
  await expect(server.start()).rejects.toThrow("started once");
});

test("a node whose metrics need a token refuses a scrape without it, and probes still work", async () => {
  const server = createServer("guarded", {
    etcdAddress: etcd.address,
    etcdPrefix: "/token",
    metricsToken: "let-me-in",
  });
  await server.start();
  const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`http://${server.opsAddress}${path}`, { headers })).status;
  expect(await status("/metrics")).toBe(401);
  expect(await status("/sd", { authorization: "Bearer wrong" })).toBe(401);
  expect(await status("/metrics", { authorization: "Bearer let-me-in" })).toBe(200);
  expect(await status("/healthz")).toBe(200);
  await server.stop();
});
