import { type Address, GoverseError, jsonPayload, type Payload, parseAddress, silentLogger } from "@goverse/core";
import { eventToAny } from "@goverse/protocol";
import type { GateStreamEvents } from "@goverse/protocol/grpc";
import { describe, expect, test } from "vitest";
import { NodeStreams, pauseBefore } from "../src/node-streams.ts";
import { pushFrames } from "../src/push-frame.ts";
import { PushedMessage } from "../src/pushed-message.ts";
import { ManualClock } from "./support/manual-clock.ts";

const A = parseAddress("a:1");
const B = parseAddress("b:1");

interface Opened {
  readonly node: Address;
  readonly events: GateStreamEvents;
  closed: boolean;
}

function setup() {
  const clock = new ManualClock();
  const opened: Opened[] = [];
  const delivered: [ids: readonly string[] | "everyone", message: PushedMessage][] = [];
  let changes = 0;
  const streams = new NodeStreams({
    gateAddress: "gate:1",
    connect: (node) => ({
      registerGate: (_gate, events) => {
        const stream: Opened = { node, events, closed: false };
        opened.push(stream);
        return { close: () => (stream.closed = true) };
      },
    }),
    clients: {
      deliver: (ids, message) => delivered.push([ids, message]),
      broadcast: (message) => delivered.push(["everyone", message]),
    },
    encode: (payload: Payload) => payload.typeUrl,
    clock,
    random: () => 1,
    logger: silentLogger,
    onChange: () => (changes += 1),
  });
  return { streams, clock, opened, delivered, changes: () => changes };
}

describe("the streams from the nodes", () => {
  test("are opened once for each node, and closed when the node goes", () => {
    const { streams, opened } = setup();
    streams.setNodes([A]);
    streams.setNodes([A, B]);
    expect(opened.map(({ node }) => node)).toEqual([A, B]);
    streams.setNodes([B]);
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    streams.close();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  test("are settled when every node has answered or failed to", () => {
    const { streams, opened, changes } = setup();
    expect(streams.settled).toBe(true);
    streams.setNodes([A, B]);
    opened[0]?.events.onRegistered();
    expect([streams.settled, changes()]).toEqual([false, 1]);
    opened[1]?.events.onEnd(new GoverseError("UNAVAILABLE", "nobody there"));
    expect([streams.settled, changes()]).toEqual([true, 2]);
  });

  test("are opened again after a pause that grows, and shrinks when the node answers", async () => {
    const { streams, clock, opened } = setup();
    streams.setNodes([A]);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const failedMs = clock.monotonicMs();
      opened.at(-1)?.events.onEnd(undefined);
      const before = opened.length;
      while (opened.length === before) await clock.advance(50);
      pauses.push(clock.monotonicMs() - failedMs);
    }
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
    opened.at(-1)?.events.onRegistered();
    opened.at(-1)?.events.onEnd(undefined);
    await clock.advance(50);
    expect(opened).toHaveLength(10);
  });

  test("are not opened again for a node that has gone", async () => {
    const { streams, clock, opened } = setup();
    streams.setNodes([A]);
    opened[0]?.events.onEnd(undefined);
    streams.setNodes([]);
    await clock.advance(10_000);
    expect(opened).toHaveLength(1);
  });

  test("bring messages to some clients and to everybody", () => {
    const { streams, opened, delivered } = setup();
    streams.setNodes([A]);
    const message = eventToAny({ source: { type: "T", id: "1" }, event: "e", payload: undefined });
    const [stream] = opened;
    stream?.events.onMessage({
      case: "clientMessage",
      value: { $typeName: "goverse.ClientMessageEnvelope", clientIds: ["gate:1/x", "gate:1/y"], message },
    });
    stream?.events.onMessage({
      case: "broadcastMessage",
      value: { $typeName: "goverse.BroadcastMessageEnvelope", message },
    });
    stream?.events.onMessage({ case: "broadcastMessage", value: { $typeName: "goverse.BroadcastMessageEnvelope" } });
    expect(delivered.map(([to]) => to)).toEqual([["gate:1/x", "gate:1/y"], "everyone"]);
  });
});

test("pauses are jittered, so that gates do not come back together", () => {
  expect([0, 0.5, 0.999].map((random) => Math.round(pauseBefore(3, random)))).toEqual([25, 213, 400]);
});

describe("pushed messages as frames of an event stream", () => {
  const encode = pushFrames(silentLogger);

  test("an event is JSON", () => {
    const event = { source: { type: "Room", id: "1" }, event: "said", payload: jsonPayload('{"text":"hi"}') };
    const { typeUrl, value } = eventToAny(event);
    expect(encode({ typeUrl, bytes: value })).toBe(
      'event: message\ndata: {"event":"said","type":"Room","id":"1","data":{"text":"hi"}}\n\n',
    );
  });

  test("another system's message is handed on as it is", () => {
    expect(encode({ typeUrl: "type.googleapis.com/chat.Said", bytes: new Uint8Array([1, 2]) })).toContain(
      '"any":{"typeUrl":"type.googleapis.com/chat.Said","value":"AQI="}',
    );
  });

  test("are made once for any number of clients", () => {
    let made = 0;
    const message = new PushedMessage({ typeUrl: "t", bytes: new Uint8Array(3) }, () => `frame ${(made += 1)}`);
    expect([message.eventFrame, message.eventFrame].map(String)).toEqual(["frame 1", "frame 1"]);
    expect(message.any).toBe(message.any);
  });

  test("nonsense that calls itself an event does not end the stream", () => {
    const { typeUrl } = eventToAny({ source: { type: "T", id: "1" }, event: "e", payload: undefined });
    expect(encode({ typeUrl, bytes: new Uint8Array([0xff]) })).toMatch(/^event: message\n/);
  });
});
