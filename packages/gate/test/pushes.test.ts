import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gate } from "../src/index.ts";
import { startCluster, sumOf, type TestCluster, until } from "./support/cluster.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { EventReader, httpCall } from "./support/http-client.ts";

const CLIENTS = "goverse_clients_connected";
const DROPS = "goverse_pushes_dropped_total";

let cluster: TestCluster;
let gate: Gate;
let other: Gate;
let http: string;
let grpc: GrpcClient;

beforeAll(async () => {
  cluster = await startCluster("a", "b");
  gate = await cluster.addGate();
  other = await cluster.addGate();
  http = gate.httpAddress as string;
  grpc = new GrpcClient(gate.address);
});

afterAll(async () => {
  grpc.close();
  await cluster.stop();
});

async function noClients(): Promise<void> {
  await until("all clients are gone", async () => (await sumOf(gate, CLIENTS)) + (await sumOf(other, CLIENTS)) === 0);
}

describe("pushes", () => {
  test("reach a gRPC client that calls with its id", async () => {
    const stream = await grpc.register();
    expect(stream.clientId).toMatch(new RegExp(`^${gate.address}/[A-Za-z0-9_-]{20}$`));
    await grpc.call("Room", "push", "Echo", { text: "hi" }, { clientId: stream.clientId });
    await until("the push arrives", () => stream.messages.length > 0);
    expect(stream.messages).toEqual([{ text: "hi" }]);
    stream.close();
    await noClients();
  });

  test("reach an event stream that calls with its id, with the event's name and source", async () => {
    const reader = await EventReader.open(http);
    await httpCall(http, ["Room", "push", "Echo"], { text: "hi" }, { "X-Client-ID": reader.clientId });
    await until("the push arrives", () => reader.messages.length > 0);
    expect(reader.frames).toMatchObject([
      { kind: "register", clientId: reader.clientId },
      { kind: "message", event: "said", source: { type: "Room", id: "push" } },
    ]);
    expect(reader.messages).toEqual([{ text: "hi" }]);
    expect(reader.text).toMatch(/^retry: \d+\n/);
    reader.destroy();
    await noClients();
  });

  test("of all nodes go to the gate that a client is at, in order", async () => {
    const here = await EventReader.open(http);
    const there = await EventReader.open(other.httpAddress as string);
    for (let i = 0; i < 10; i += 1) {
      await grpc.call("Room", `push-${i}`, "Tell", { to: [here.clientId], text: `here ${i}` });
      await grpc.call("Room", `push-${i}`, "Tell", { to: [there.clientId], text: `there ${i}` });
    }
    await until("all arrive", () => here.messages.length === 10 && there.messages.length === 10);
    expect(here.messages).toEqual(Array.from({ length: 10 }, (_, i) => ({ text: `here ${i}` })));
    expect(there.messages).toEqual(Array.from({ length: 10 }, (_, i) => ({ text: `there ${i}` })));
    for (const reader of [here, there]) reader.destroy();
    await noClients();
  });

  test("to everybody reach every client of every gate once", async () => {
    const readers = [await EventReader.open(http), await EventReader.open(other.httpAddress as string)];
    const stream = await grpc.register();
    await grpc.call("Room", "push", "TellAll", { text: "all" });
    const received = (): unknown[][] => [...readers, stream].map(({ messages }) => messages);
    await until("all hear of it", () => received().every(({ length }) => length === 1));
    expect(received()).toEqual([[{ text: "all" }], [{ text: "all" }], [{ text: "all" }]]);
    for (const reader of readers) reader.destroy();
    stream.close();
    await noClients();
  });

  test("to clients that are not here are counted", async () => {
    const before = await sumOf(gate, DROPS, 'reason="client_unknown"');
    await grpc.call("Room", "push", "Tell", { to: [`${gate.address}/nobody`], text: "lost" });
    await until("it is counted", async () => (await sumOf(gate, DROPS, 'reason="client_unknown"')) === before + 1);
  });

  test("come from nodes that join later, too", async () => {
    const reader = await EventReader.open(http);
    const node = await cluster.addNode("late");
    await grpc.call("Room", `${node.address}/room`, "Tell", { to: [reader.clientId], text: "from a new node" });
    await until("the push arrives", () => reader.messages.length === 1);
    reader.destroy();
    await noClients();
  });
});

describe("the gauge of clients", () => {
  test("is 0 for both kinds from the start", async () => {
    const { chunks } = await gate.metrics.expose({ names: new Set([CLIENTS]) });
    const lines = chunks
      .join("")
      .split("\n")
      .filter((line) => line.startsWith(CLIENTS));
    expect(lines.sort()).toEqual([
      `${CLIENTS}{node="${gate.address}",client_type="grpc"} 0`,
      `${CLIENTS}{node="${gate.address}",client_type="sse"} 0`,
    ]);
  });

  test("is right again after many clients came and went in the middle of pushes", async () => {
    let running = true;
    const text = "x".repeat(20_000);
    const noise = (async () => {
      while (running) await grpc.call("Room", "push", "TellAll", { text });
    })();
    for (let round = 0; round < 10; round += 1) {
      const loner = new GrpcClient(gate.address);
      const [reader, shortLived] = await Promise.all([
        EventReader.open(http),
        EventReader.open(http),
        loner.register(),
      ]);
      shortLived.destroy();
      await until("the others receive", () => reader.messages.length > 0);
      reader.destroy();
      loner.close();
    }
    running = false;
    await noise;
    await noClients();
  });

  test("follows streams of both kinds, also when connections are cut without a word", async () => {
    const loner = new GrpcClient(gate.address);
    await loner.register();
    await loner.register();
    const reader = await EventReader.open(http);
    expect(await sumOf(gate, CLIENTS, 'client_type="grpc"')).toBe(2);
    expect(await sumOf(gate, CLIENTS, 'client_type="sse"')).toBe(1);
    loner.close();
    reader.destroy();
    await noClients();
  });
});
