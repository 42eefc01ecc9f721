import { EventEmitter } from "node:events";
import { type Address, GoverseError, jsonPayload, jsonTextOf, type PushMessage, silentLogger } from "@goverse/core";
import { anyToEvent, type GateMessage } from "@goverse/protocol";
import { beforeEach, expect, test } from "vitest";
import { type GateStream, GateStreams, MAX_GATES } from "../src/gate-streams.ts";

const A = "gate-a:1" as Address;
const B = "gate-b:1" as Address;

/** A gate that reads while it is `open`. */
class FakeStream extends EventEmitter implements GateStream {
  readonly received: GateMessage[] = [];
  open = true;
  ended = false;

  write(message: GateMessage): boolean {
    this.received.push(message);
    return this.open;
  }

  end(): void {
    this.ended = true;
  }

  /** What arrived after the first message, as `clients:text`. */
  get lines(): string[] {
    return this.received.slice(1).map(({ message }) => {
      if (message.case !== "clientMessage" && message.case !== "broadcastMessage") return message.case ?? "nothing";
      const any = message.value.message;
      const event = any === undefined ? undefined : anyToEvent(any);
      const to = message.case === "clientMessage" ? message.value.clientIds.join("+") : "everyone";
      return `${to}:${jsonTextOf(event?.payload) ?? ""}`;
    });
  }
}

let dropped: Record<string, number>;
let gates: GateStreams;

beforeEach(() => {
  dropped = {};
  gates = new GateStreams({
    metrics: { pushesDropped: (reason, count = 1) => void (dropped[reason] = (dropped[reason] ?? 0) + count) },
    logger: silentLogger,
    maxMessageBytes: 100_000,
    limits: { maxMessages: 2, maxBytes: 10_000 },
  });
});

function connect(gate: Address): FakeStream {
  const stream = new FakeStream();
  gates.register(gate, stream);
  return stream;
}

function message(to: PushMessage["to"], text: string): PushMessage {
  return { to, source: { type: "Room", id: "general" }, event: "said", payload: jsonPayload(text) };
}

test("the first message to a gate says that it is registered", () => {
  expect(connect(A).received.map(({ message }) => message.case)).toEqual(["registerGateResponse"]);
});

test("clients of one gate share an envelope, and every gate gets only its own clients", () => {
  const [a, b] = [connect(A), connect(B)];
  gates.push([message(["gate-a:1/x", "gate-b:1/y", "gate-a:1/z"], "1")]);
  expect(a.lines).toEqual(["gate-a:1/x+gate-a:1/z:1"]);
  expect(b.lines).toEqual(["gate-b:1/y:1"]);
});

test("an envelope names event, source and payload", () => {
  const stream = connect(A);
  gates.push([message(["gate-a:1/x"], '{"n":1}')]);
  const envelope = stream.received[1]?.message;
  const any = envelope?.case === "clientMessage" ? envelope.value.message : undefined;
  expect(any && anyToEvent(any)).toEqual({
    source: { type: "Room", id: "general" },
    event: "said",
    payload: jsonPayload('{"n":1}'),
  });
});

test("a broadcast goes once to every connected gate, encoded once", () => {
  const [a, b] = [connect(A), connect(B)];
  gates.push([message("everyone", "hi")]);
  expect([a.lines, b.lines]).toEqual([["everyone:hi"], ["everyone:hi"]]);
  expect(a.received[1]).toBe(b.received[1]);
});

test("the order of messages to one gate is kept, also through a pause of its reader", () => {
  const stream = connect(A);
  gates.push([message(["gate-a:1/x"], "1")]);
  stream.open = false;
  gates.push([message(["gate-a:1/x"], "2"), message("everyone", "3"), message(["gate-a:1/x"], "4")]);
  stream.open = true;
  stream.emit("drain");
  gates.push([message(["gate-a:1/x"], "5")]);
  expect(stream.lines).toEqual(["gate-a:1/x:1", "gate-a:1/x:2", "everyone:3", "gate-a:1/x:4", "gate-a:1/x:5"]);
  expect(dropped).toEqual({});
});

test("what does not fit is dropped and counted per client, newest first", () => {
  const stream = connect(A);
  stream.open = false;
  gates.push(["1", "2", "3", "4"].map((text) => message(["gate-a:1/x", "gate-a:1/y"], text)));
  gates.push([message("everyone", "5")]);
  stream.open = true;
  stream.emit("drain");
  expect(stream.lines).toEqual(["1", "2", "3"].map((text) => `gate-a:1/x+gate-a:1/y:${text}`));
  expect(dropped).toEqual({ queue_full: 3 });
});

test("clients of absent gates and ids that are none are counted, the others still served", () => {
  const stream = connect(A);
  gates.push([message(["elsewhere:1/x", "nonsense", "gate-a:1/", "gate-a:1/x"], "1")]);
  expect(stream.lines).toEqual(["gate-a:1/x:1"]);
  expect(dropped).toEqual({ no_gate: 1, bad_client_id: 2 });
});

test("an event that no message can carry is dropped, so that it does not end the stream", () => {
  const stream = connect(A);
  gates.push([message(["gate-a:1/x", "gate-a:1/y"], "x".repeat(100_000)), message("everyone", "x".repeat(100_000))]);
  gates.push([message(["gate-a:1/x"], "1")]);
  expect(stream.lines).toEqual(["gate-a:1/x:1"]);
  expect(dropped).toEqual({ too_large: 3 });
});

test("very many clients of one gate get several envelopes, each once and in order", () => {
  const stream = connect(A);
  const clients = Array.from({ length: 5000 }, (_, n) => `gate-a:1/client-${n}`);
  gates.push([message(clients, "1")]);
  expect(stream.lines.length).toBeGreaterThan(1);
  expect(stream.lines.flatMap((line) => line.slice(0, -2).split("+"))).toEqual(clients);
  for (const line of stream.lines) expect(line.length).toBeLessThan(48 * 1024);
});

test("a second registration of a gate ends the older stream and takes over", () => {
  const older = connect(A);
  const newer = connect(A);
  expect(older.ended).toBe(true);
  older.emit("close");
  gates.push([message(["gate-a:1/x"], "1")]);
  expect([older.lines, newer.lines]).toEqual([[], ["gate-a:1/x:1"]]);
  expect(gates.gates).toEqual([A]);
});

test("a gate that went away is forgotten, and what waited for it is counted", () => {
  const stream = connect(A);
  stream.open = false;
  gates.push(["1", "2"].map((text) => message(["gate-a:1/x", "gate-a:1/y"], text)));
  stream.emit("cancelled");
  stream.emit("close");
  gates.push([message(["gate-a:1/x"], "3")]);
  expect(gates.gates).toEqual([]);
  expect(dropped).toEqual({ stream_lost: 2, no_gate: 1 });
});

test("closing ends every stream after what waits, and refuses new gates", () => {
  const stream = connect(A);
  stream.open = false;
  gates.push(["1", "2"].map((text) => message(["gate-a:1/x"], text)));
  gates.close();
  expect(stream.lines).toEqual(["gate-a:1/x:1", "gate-a:1/x:2"]);
  expect(stream.ended).toBe(true);
  expect(() => connect(B)).toThrow(GoverseError);
});

test("the number of gates is bounded", () => {
  for (let i = 0; i < MAX_GATES; i += 1) connect(`gate-${i}:1` as Address);
  expect(() => connect(A)).toThrow("this node already serves 256 gates");
  connect("gate-0:1" as Address);
});
