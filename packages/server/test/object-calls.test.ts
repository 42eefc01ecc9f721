import { type Address, type Clock, GoverseError, jsonPayload, type Place, type RouteTarget } from "@goverse/core";
import type { Invocation, InvocationReply } from "@goverse/node";
import type { PeerCall, PeerCallOptions, PeerReply } from "@goverse/protocol/grpc";
import { beforeEach, expect, test } from "vitest";
import { ObjectCalls } from "../src/object-calls.ts";

const HERE = "here:1" as Address;
const THERE = "there:1" as Address;
const request = {
  type: "Counter",
  id: "a",
  method: "Add",
  payload: jsonPayload("1"),
  timeoutMs: 1000,
  signal: undefined,
  repeatable: false,
};

let nowMs: number;
let target: RouteTarget;
let here: ((invocation: Invocation) => Promise<InvocationReply>) | undefined;
let there: ((call: PeerCall, options: PeerCallOptions) => Promise<PeerReply>) | undefined;
let calls: ObjectCalls;

beforeEach(() => {
  nowMs = 0;
  target = { owner: THERE };
  here = undefined;
  there = undefined;
  // Time passes by waiting: pauses end at once.
  const clock: Clock = {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      nowMs += delayMs;
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
  const missing = (): never => {
    throw new Error("not expected here");
  };
  calls = new ObjectCalls({
    address: HERE,
    shardCount: 64,
    locate: (_place: Place) => target,
    node: () => ({ invoke: (invocation) => (here ?? missing)(invocation) }),
    peers: {
      get: () =>
        ({ callObject: (call: PeerCall, options: PeerCallOptions) => (there ?? missing)(call, options) }) as never,
    },
    clock,
    random: () => 0.5,
  });
});

test("an own object is called without the network, with the time that is left", async () => {
  target = { owner: HERE };
  let seen: Invocation | undefined;
  here = async (invocation) => {
    seen = invocation;
    return { payload: jsonPayload("2"), epoch: 7 };
  };
  nowMs = 500;
  expect(await calls.call(request)).toEqual(jsonPayload("2"));
  expect(seen).toMatchObject({ type: "Counter", method: "Add", chain: [], deadlineMs: 1500, id: { text: "a" } });
});

test("a call inside a turn carries chain, call id, shard and epoch of its caller", async () => {
  let seen: PeerCall | undefined;
  there = async (call, { timeoutMs }) => {
    expect(timeoutMs).toBe(1000);
    seen = call;
    return { payload: undefined, epoch: 1 };
  };
  await calls.call(request, {
    chain: ["1:1@Room/r"],
    caller: { clientId: undefined },
    callId: "call-1",
    place: { kind: "shard", shard: 9 },
    epoch: 42,
  });
  expect(seen).toMatchObject({ callId: "call-1", chain: ["1:1@Room/r"], caller: { shard: 9, epoch: 42 } });
});

test("a call waits while nobody owns the object, and looks again after a refusal", async () => {
  const answers = [new GoverseError("NOT_OWNER", "moved"), new GoverseError("UNAVAILABLE", "gone")];
  target = { owner: undefined, reason: "shard 44 has not been claimed yet" };
  there = async () => {
    const refusal = answers.shift();
    if (refusal !== undefined) throw refusal;
    return { payload: jsonPayload("3"), epoch: 1 };
  };
  const reply = calls.call(request);
  queueMicrotask(() => (target = { owner: THERE }));
  expect(await reply).toEqual(jsonPayload("3"));
  expect(answers).toEqual([]);
});

test("the last refusal is the answer when the deadline passes", async () => {
  target = { owner: undefined, reason: "shard 44 has not been claimed yet" };
  await expect(calls.call(request)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "shard 44 has not been claimed yet",
  });
  expect(nowMs).toBeGreaterThan(900);
});

test("a reply of an owner that has been replaced is not believed", async () => {
  const epochs = [5, 0, 4];
  there = async () => ({ payload: jsonPayload("1"), epoch: epochs.shift() ?? 0 });
  await calls.call(request);
  // A node that does not say its epoch is believed.
  await calls.call(request);
  await expect(calls.call(request)).rejects.toMatchObject({ code: "UNKNOWN_OUTCOME" });
});

test("a call whose outcome nobody knows is repeated only when it may be", async () => {
  let attempts = 0;
  there = async () => {
    attempts += 1;
    if (attempts % 2 === 1) throw new GoverseError("UNKNOWN_OUTCOME", "connection lost");
    return { payload: undefined, epoch: 1 };
  };
  await expect(calls.call(request)).rejects.toMatchObject({ code: "UNKNOWN_OUTCOME" });
  attempts = 0;
  await calls.call({ ...request, repeatable: true });
  expect(attempts).toBe(2);
});

test("a bad id is refused before anybody is asked", async () => {
  await expect(calls.call({ ...request, id: "" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
