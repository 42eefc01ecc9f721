import { GoverseError, jsonPayload, jsonTextOf, parseAddress } from "@goverse/core";
import { create } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test } from "vitest";
import { type GateStreamEvents, type Handlers, PeerClient, PeerPool } from "../src/grpc.ts";
import {
  anyToEvent,
  type CallObjectRequest,
  eventToAny,
  type GateMessage,
  GateMessageSchema,
  type Goverse,
} from "../src/index.ts";
import { type InProcessNode, startNode } from "./support/in-process-node.ts";
import { freePort } from "./support/network.ts";
import { Cleanups, failureOf } from "./support/outcome.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());
const within = { timeoutMs: 5000 };

async function connectTo(handlers: Handlers<typeof Goverse>): Promise<InProcessNode & { readonly peer: PeerClient }> {
  const node = await startNode(handlers);
  const peer = new PeerClient(node.address);
  cleanups.add(() => node.server.forceShutdown());
  cleanups.add(() => peer.close());
  return { ...node, peer };
}

describe("a call", () => {
  test("carries everything that the node has to know, and brings payload and epoch back", async () => {
    let seen: CallObjectRequest | undefined;
    let remainingMs: number | undefined;
    const { peer } = await connectTo({
      callObject: async (request, context) => {
        seen = request;
        remainingMs = context.remainingMs;
        return { ...(request.request === undefined ? {} : { response: request.request }), epoch: 7n };
      },
    });
    const reply = await peer.callObject(
      {
        type: "Room",
        id: "日本語",
        method: "Say",
        payload: jsonPayload('{"a":1}'),
        clientId: "gate:1/x",
        callId: "c-1",
        chain: ["t1", "t2"],
        caller: { shard: 0, epoch: 2 ** 40 },
      },
      within,
    );
    expect(seen).toMatchObject({
      type: "Room",
      id: "日本語",
      method: "Say",
      clientId: "gate:1/x",
      callId: "c-1",
      chain: ["t1", "t2"],
      callerShard: 0,
      callerEpoch: BigInt(2 ** 40),
    });
    expect(remainingMs).toBeGreaterThan(4000);
    expect(remainingMs).toBeLessThanOrEqual(5000);
    expect(jsonTextOf(reply.payload)).toBe('{"a":1}');
    expect(reply.epoch).toBe(7);
  });

  test("without input, client and calling object leaves those fields out", async () => {
    let seen: CallObjectRequest | undefined;
    const { peer } = await connectTo({
      callObject: async (request) => {
        seen = request;
        return {};
      },
    });
    const reply = await peer.callObject({ type: "T", id: "a", method: "M", payload: undefined, callId: "c" }, within);
    expect(seen).toMatchObject({ clientId: "", chain: [] });
    expect([seen?.request, seen?.callerShard]).toEqual([undefined, undefined]);
    expect(reply).toEqual({ payload: undefined, epoch: 0 });
  });

  test.each([
    new GoverseError("NOT_OWNER", "moved", { owner: "localhost:47001" }),
    new GoverseError("REENTRANT_CALL", "comes back", { path: ["A/1", "B/2"] }),
    new GoverseError("DECLARED", "muted", { declared: { name: "Muted", data: { until: "12:00", why: null } } }),
    new GoverseError("MAILBOX_FULL", "ünïcödé €", { retryAfterMs: 250, field: "x", callId: "c" }),
  ])("that the node refuses with $code fails with the node's own error", async (refusal) => {
    const { peer, internalErrors } = await connectTo({ callObject: () => Promise.reject(refusal) });
    const error = await failureOf(
      peer.callObject({ type: "T", id: "a", method: "M", payload: undefined, callId: "c" }, within),
    );
    expect({ code: error.code, message: error.message, details: error.details }).toEqual({
      code: refusal.code,
      message: refusal.message,
      details: refusal.details,
    });
    expect(internalErrors).toEqual([]);
  });

  test("that throws something else is INTERNAL: the detail stays on the node", async () => {
    const thrown = new Error("password=hunter2");
    const { peer, internalErrors } = await connectTo({ callObject: () => Promise.reject(thrown) });
    const error = await failureOf(
      peer.callObject({ type: "T", id: "a", method: "M", payload: undefined, callId: "c" }, within),
    );
    expect(error.code).toBe("INTERNAL");
    expect(error.message).not.toContain("hunter2");
    expect(internalErrors).toEqual([thrown]);
  });
});

test("creating and deleting answer whether there was something to delete", async () => {
  const ids = new Set<string>();
  const { peer } = await connectTo({
    createObject: async ({ id }) => {
      ids.add(id);
      return { id };
    },
    deleteObject: async ({ id }) => {
      if (!ids.delete(id)) throw new GoverseError("NOT_FOUND", "no such object");
      return {};
    },
  });
  await peer.createObject("T", "a", "c", within);
  expect(await peer.deleteObject("T", "a", "c", within)).toBe(true);
  expect(await peer.deleteObject("T", "a", "c", within)).toBe(false);
});

describe("the stream of a gate", () => {
  function record(): { readonly events: GateStreamEvents; readonly log: string[] } {
    const log: string[] = [];
    const events: GateStreamEvents = {
      onRegistered: () => log.push("registered"),
      onMessage: (message: GateMessage["message"]) => {
        if (message.case !== "clientMessage" || message.value.message === undefined) return;
        log.push(`${message.value.clientIds.join(",")} ${anyToEvent(message.value.message)?.event ?? "?"}`);
      },
      onEnd: (error) => log.push(`end ${error?.code ?? "in order"}`),
    };
    return { events, log };
  }

  const push = create(GateMessageSchema, {
    message: {
      case: "clientMessage",
      value: {
        clientIds: ["gate:1/x"],
        message: eventToAny({ source: { type: "Room", id: "a" }, event: "message", payload: undefined }),
      },
    },
  });
  const registered = create(GateMessageSchema, { message: { case: "registerGateResponse", value: {} } });

  test("brings the registration, then pushes, then an orderly end", async () => {
    const { peer } = await connectTo({
      registerGate: (call) => {
        expect(call.request.gateAddr).toBe("gate:1");
        call.write(registered);
        call.write(push);
        call.end();
      },
    });
    const { events, log } = record();
    peer.registerGate("gate:1", events);
    await expect.poll(() => log).toEqual(["registered", "gate:1/x message", "end in order"]);
  });

  test("ends with UNKNOWN_OUTCOME when the node dies", async () => {
    const { peer, server } = await connectTo({ registerGate: (call) => void call.write(registered) });
    const { events, log } = record();
    peer.registerGate("gate:1", events);
    await expect.poll(() => log).toEqual(["registered"]);
    server.forceShutdown();
    await expect.poll(() => log).toEqual(["registered", "end UNKNOWN_OUTCOME"]);
  });

  test("ends with UNAVAILABLE when nobody is there", async () => {
    const { events, log } = record();
    const peer = new PeerClient(parseAddress(`127.0.0.1:${await freePort()}`));
    cleanups.add(() => peer.close());
    peer.registerGate("gate:1", events);
    await expect.poll(() => log).toEqual(["end UNAVAILABLE"]);
    peer.close();
    peer.registerGate("gate:1", events);
    await expect.poll(() => log).toEqual(["end UNAVAILABLE", "end UNAVAILABLE"]);
  });

  test("ends in order when the gate closes it, and the node learns it", async () => {
    let cancelled = false;
    const { peer } = await connectTo({
      registerGate: (call) => {
        call.on("cancelled", () => (cancelled = true));
        call.write(registered);
      },
    });
    const { events, log } = record();
    const stream = peer.registerGate("gate:1", events);
    await expect.poll(() => log).toEqual(["registered"]);
    stream.close();
    await expect.poll(() => log).toEqual(["registered", "end in order"]);
    await expect.poll(() => cancelled).toBe(true);
  });
});

describe("the pool", () => {
  test("keeps one connection per member and closes those of members that left", async () => {
    const node = await startNode({ callObject: async () => ({}) });
    cleanups.add(() => node.server.forceShutdown());
    const pool = new PeerPool();
    cleanups.add(() => pool.close());
    const peer = pool.get(node.address);
    expect(pool.get(node.address)).toBe(peer);
    const call = { type: "T", id: "a", method: "M", payload: undefined, callId: "c" };
    await peer.callObject(call, within);

    pool.retain([parseAddress("localhost:1")]);
    expect((await failureOf(peer.callObject(call, within))).code).toBe("UNAVAILABLE");
    const again = pool.get(node.address);
    expect(again).not.toBe(peer);
    await again.callObject(call, within);

    pool.close();
    expect((await failureOf(pool.get(node.address).callObject(call, within))).code).toBe("UNAVAILABLE");
  });
});
