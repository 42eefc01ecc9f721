import { type Address, GoverseError, jsonTextOf } from "@goverse/core";
import { anyToEvent, Goverse } from "@goverse/protocol";
import { callUnary, PeerClient } from "@goverse/protocol/grpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { metric, SHARDS, startCluster, type TestCluster, until } from "./support/cluster.ts";
import { Counter, Relay } from "./support/objects.ts";
import { RawClient } from "./support/raw-client.ts";

let cluster: TestCluster;
let server: Server;
let raw: RawClient;

beforeAll(async () => {
  cluster = await startCluster(["only"]);
  [server] = cluster.servers as [Server];
  raw = new RawClient(server.address);
});

afterAll(async () => {
  raw.close();
  await cluster.stop();
});

async function ops(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://${server.opsAddress}${path}`);
  return { status: response.status, body: await response.json() };
}

test("the program around it calls objects without knowing where they are", async () => {
  const counter = server.object(Counter, "program");
  expect(await counter.Add({ by: 2 })).toEqual({ value: 2, node: "only" });
  expect(await counter.Add({ by: 3 })).toEqual({ value: 5, node: "only" });
  expect(await counter.Get()).toEqual({ value: 5 });
});

test("an object calls another one, and one that would come back to it is refused with the path", async () => {
  expect(await server.object(Relay, "r").Count({ counter: "from-relay" })).toEqual({ value: 1, node: "only" });
  expect(await server.object(Relay, "r1").Follow({ route: ["r2", "r3"] })).toEqual({ visited: ["r1", "r2", "r3"] });
  expect(await server.object(Relay, "r1").Follow({ route: ["r2", "r1"] })).toEqual({
    visited: ["r1", "r2", "refused", "Relay/r1", "Relay/r2", "Relay/r1"],
  });
});

test("objects pinned to this node and to a shard are served here", async () => {
  for (const id of [`${server.address}/pinned`, "shard#7/pinned"]) {
    expect(await server.object(Counter, id).Add({ by: 1 })).toEqual({ value: 1, node: "only" });
  }
  const text = await (await fetch(`http://${server.opsAddress}/metrics`)).text();
  expect(text).toContain(`goverse_objects_total{node="${server.address}",type="Counter",shard="none"} 1`);
});

test("gRPC creates, lists and deletes objects, and says what the node is", async () => {
  const object = { type: "Counter", id: "created" };
  const list = async (): Promise<readonly string[]> => {
    const { objects } = await callUnary(raw.client, Goverse.method.listObjects, {}, raw.options());
    return objects.filter(({ id }) => id === "created").map(({ type, id }) => `${type}/${id}`);
  };
  expect(await callUnary(raw.client, Goverse.method.createObject, object, raw.options())).toMatchObject({
    id: "created",
  });
  expect(await list()).toEqual(["Counter/created"]);
  const status = await callUnary(raw.client, Goverse.method.status, {}, raw.options());
  expect(status.advertiseAddr).toBe(server.address);
  expect(Number(status.numObjects)).toBe([...server.node.objects()].length);
  await callUnary(raw.client, Goverse.method.deleteObject, object, raw.options());
  expect(await list()).toEqual([]);
  await expect(callUnary(raw.client, Goverse.method.deleteObject, object, raw.options())).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("a caller that gives up ends its turn, and a deadline that passes too", async () => {
  const wait = { type: "Counter", id: "waiting", method: "Wait" };
  const payload = { typeUrl: "type.googleapis.com/goverse.Json", bytes: Buffer.from('\n\r{"ms":60000}', "latin1") };
  payload.bytes[1] = payload.bytes.length - 2;
  const giveUp = new AbortController();
  const given = raw.call({ ...wait, payload }, 30_000, giveUp.signal);
  await until("the object is active", () => [...server.node.objects()].some(({ id }) => id === "waiting"));
  giveUp.abort();
  await expect(given).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(raw.call({ ...wait, payload }, 100)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  const startedMs = performance.now();
  await server.object(Counter, "waiting").Get();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("of 100 calls with 7 failures the counters say 93 and 7, and the histograms agree", async () => {
  const labels = (method: string, status: string): string =>
    `object_type="Counter",method_name="${method}",status="${status}"`;
  const counts = async (name: string): Promise<number[]> => [
    await metric(server, name, labels("Add", "success")),
    await metric(server, name, labels("Fail", "failure")),
    await metric(server, name, labels("Add", "failure")),
    await metric(server, name, labels("Fail", "success")),
  ];
  const before = await counts("goverse_method_calls_total");
  const durationsBefore = await counts("goverse_method_call_duration_count");
  for (let n = 0; n < 100; n += 1) {
    const counter = server.object(Counter, `many-${n % 10}`);
    if (n % 15 === 0) await expect(counter.Fail()).rejects.toBeInstanceOf(GoverseError);
    else await counter.Add({ by: 1 });
  }
  const difference = (after: number[], earlier: number[]): number[] => after.map((n, i) => n - (earlier[i] ?? 0));
  expect(difference(await counts("goverse_method_calls_total"), before)).toEqual([93, 7, 0, 0]);
  expect(difference(await counts("goverse_method_call_duration_count"), durationsBefore)).toEqual([93, 7, 0, 0]);
});

test("the gauges are there from the start and say what is", async () => {
  expect(await metric(server, "goverse_shards_total")).toBe(SHARDS);
  expect(await metric(server, "goverse_shard_claims_total")).toBe(SHARDS);
  const text = await (await fetch(`http://${server.opsAddress}/metrics`)).text();
  for (const line of [
    `goverse_shards_migrating 0`,
    `goverse_shard_releases_total{node="${server.address}"} 0`,
    `goverse_clients_connected{node="${server.address}",client_type="grpc"} 0`,
    `goverse_node_info{node="${server.address}",role="node"} 1`,
    `goverse_lease_lost_total{node="${server.address}"} 0`,
    `goverse_pushes_dropped_total{node="${server.address}",reason="no_gate"} 0`,
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test("the ops routes answer", async () => {
  expect(await ops("/healthz")).toEqual({ status: 200, body: { status: "ok" } });
  expect(await ops("/ready")).toEqual({ status: 200, body: { status: "ready" } });
  expect(await ops("/sd")).toEqual({
    status: 200,
    body: [{ targets: [server.opsAddress], labels: { goverse_role: "node", goverse_node: server.address } }],
  });
});

test("pushes reach a gate over its stream, in order and only for its own clients", async () => {
  const gate = "gate.example:49000" as Address;
  const peer = new PeerClient(server.address);
  const received: string[] = [];
  await new Promise<void>((onRegistered) => {
    peer.registerGate(gate, {
      onRegistered,
      onMessage: (message) => {
        if (message.case !== "clientMessage" && message.case !== "broadcastMessage") return;
        const to = message.case === "clientMessage" ? message.value.clientIds.join("+") : "everyone";
        const event = message.value.message === undefined ? undefined : anyToEvent(message.value.message);
        received.push(`${to} ${event?.event} ${event?.source.type}/${event?.source.id} ${jsonTextOf(event?.payload)}`);
      },
      onEnd: () => {},
    });
  });
  const counter = server.object(Counter, "speaker");
  const clients = [`${gate}/a`, "elsewhere:1/b", `${gate}/c`];
  await counter.Tell({ clients, text: "one" });
  await counter.TellAll({ text: "two" });
  await counter.Tell({ clients: [`${gate}/c`], text: "three" });
  await until("all three arrived", () => received.length === 3);
  expect(received).toEqual([
    `${gate}/a+${gate}/c said Counter/speaker {"text":"one"}`,
    `everyone said Counter/speaker {"text":"two"}`,
    `${gate}/c said Counter/speaker {"text":"three"}`,
  ]);
  expect(await metric(server, "goverse_pushes_dropped_total", 'reason="no_gate"')).toBe(1);
  peer.close();
});
