import {
  type Address,
  EpochGuard,
  GoverseError,
  jsonPayload,
  jsonTextOf,
  parseAddress,
  type RouteTarget,
  silentLogger,
} from "@goverse/core";
import type { PeerCall, PeerCallOptions, PeerReply } from "@goverse/protocol/grpc";
import { describe, expect, test } from "vitest";
import { type ClientCall, Router } from "../src/router.ts";
import { ManualClock, settle } from "./support/manual-clock.ts";

const NODE = parseAddress("node:1");
const CALL: ClientCall = { type: "Counter", id: "a", method: "Add", payload: undefined };

type Serve = (call: PeerCall, attempt: PeerCallOptions, node: Address) => Promise<PeerReply>;

function setup(serve: Serve, overrides: { locate?: () => RouteTarget; maxInFlight?: number } = {}) {
  const clock = new ManualClock();
  let stale = 0;
  const router = new Router({
    shardCount: 8,
    locate: overrides.locate ?? (() => ({ owner: NODE })),
    connect: (node) => ({
      callObject: (call, attempt) => serve(call, attempt, node),
      createObject: () => Promise.resolve(),
      deleteObject: () => Promise.resolve(true),
    }),
    epochs: new EpochGuard(8),
    newCallId: () => "call-1",
    maxInFlight: overrides.maxInFlight ?? 10,
    onStaleReply: () => (stale += 1),
    clock,
    random: () => 0.5,
    logger: silentLogger,
  });
  return { router, clock, stale: () => stale };
}

function reply(text: string, epoch = 1): Promise<PeerReply> {
  return Promise.resolve({ payload: jsonPayload(text), epoch });
}

function refuse(code: "NOT_OWNER" | "UNKNOWN_OUTCOME" | "NOT_FOUND"): Promise<never> {
  return Promise.reject(new GoverseError(code, code));
}

/** What a call came to, without leaving a rejection unhandled while time passes. */
function outcome(promise: Promise<unknown>): Promise<GoverseError | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => GoverseError.from(error),
  );
}

describe("a router", () => {
  test("brings a call to its owner and the reply back", async () => {
    const seen: PeerCall[] = [];
    const { router } = setup((call) => {
      seen.push(call);
      return reply("5");
    });
    const payload = jsonPayload("2");
    expect(jsonTextOf(await router.call({ ...CALL, payload, clientId: "gate:1/x" }))).toBe("5");
    expect(seen).toEqual([
      { type: "Counter", id: "a", method: "Add", payload, clientId: "gate:1/x", callId: "call-1" },
    ]);
  });

  test("waits while the object has no owner, then calls the one who claims it", async () => {
    let target: RouteTarget = { owner: undefined, reason: "shard 1 is moving" };
    const { router, clock } = setup(() => reply("1"), { locate: () => target });
    const pending = router.call(CALL);
    await clock.advance(3_000);
    expect(router.inFlight).toBe(1);
    target = { owner: NODE };
    await clock.advance(200);
    expect(jsonTextOf(await pending)).toBe("1");
  });

  test("asks again when a node says it is not the owner", async () => {
    let attempts = 0;
    const { router, clock } = setup(() => ((attempts += 1) < 3 ? refuse("NOT_OWNER") : reply("1")));
    const pending = router.call(CALL);
    await clock.advance(1_000);
    expect(jsonTextOf(await pending)).toBe("1");
  });

  test("does not repeat what may have run, and names the call", async () => {
    let attempts = 0;
    const { router } = setup(() => {
      attempts += 1;
      return refuse("UNKNOWN_OUTCOME");
    });
    const error = await outcome(router.call(CALL));
    expect([error?.code, error?.details.callId, attempts]).toEqual(["UNKNOWN_OUTCOME", "call-1", 1]);
  });

  test("repeats what may have run when the caller says that it may", async () => {
    let attempts = 0;
    const { router, clock } = setup(() => ((attempts += 1) === 1 ? refuse("UNKNOWN_OUTCOME") : reply("1")));
    const pending = router.call({ ...CALL, repeatable: true });
    await clock.advance(1_000);
    expect(jsonTextOf(await pending)).toBe("1");
  });

  test("drops a reply from an epoch lower than one it has seen, and counts it", async () => {
    const epochs = [7, 5];
    const { router, stale } = setup(() => reply("1", epochs.shift()));
    await router.call(CALL);
    const error = await outcome(router.call(CALL));
    expect([error?.code, error?.details.callId, stale()]).toEqual(["UNKNOWN_OUTCOME", "call-1", 1]);
  });

  test("asks the new owner instead of believing a stale reply, when the call may be repeated", async () => {
    const epochs = [7, 5, 7];
    const { router, clock, stale } = setup(() => reply(String(epochs.length), epochs.shift()));
    await router.call(CALL);
    const pending = router.call({ ...CALL, repeatable: true });
    await clock.advance(1_000);
    expect([jsonTextOf(await pending), stale()]).toEqual(["1", 1]);
  });

  test.each([
    ["the default", undefined, 10_000],
    ["the caller's", 250, 250],
    ["no more than the cap", 1e9, 300_000],
  ])("gives a call the right time: %s", async (_name, timeoutMs, expected) => {
    let given = 0;
    const { router } = setup((_call, attempt) => {
      given = attempt.timeoutMs;
      return reply("1");
    });
    await router.call({ ...CALL, timeoutMs });
    expect(given).toBe(expected);
  });

  test("refuses a call whose deadline had passed when it arrived", async () => {
    const { router } = setup(() => reply("1"));
    expect((await outcome(router.call({ ...CALL, timeoutMs: 0 })))?.code).toBe("DEADLINE_EXCEEDED");
  });

  test("passes on that the caller gave up", async () => {
    let aborted = false;
    const { router } = setup((_call, { signal }) => {
      signal?.addEventListener("abort", () => (aborted = true));
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new GoverseError("CANCELLED", "gone")));
      });
    });
    const caller = new AbortController();
    const pending = outcome(router.call({ ...CALL, signal: caller.signal }));
    await settle();
    caller.abort();
    expect([(await pending)?.code, aborted, router.inFlight]).toEqual(["CANCELLED", true, 0]);
  });

  test.each([
    ["a type that cannot exist", { type: "__proto__" }, "UNKNOWN_TYPE"],
    ["a method that cannot exist", { method: "__proto__" }, "UNKNOWN_METHOD"],
    ["a method with spaces", { method: "do it" }, "UNKNOWN_METHOD"],
    ["an empty id", { id: "" }, "INVALID_ARGUMENT"],
    ["an id with a line break", { id: "a\nb" }, "INVALID_ARGUMENT"],
    ["a shard that does not exist", { id: "shard#8/x" }, "INVALID_ARGUMENT"],
  ])("turns away %s before any node hears of it", async (_name, change, code) => {
    const { router } = setup(() => reply("1"));
    expect((await outcome(router.call({ ...CALL, ...change })))?.code).toBe(code);
  });

  test("carries no more requests than its limit", async () => {
    const { router } = setup(() => new Promise(() => undefined), { maxInFlight: 1 });
    void outcome(router.call(CALL));
    expect((await outcome(router.call(CALL)))?.code).toBe("RESOURCE_EXHAUSTED");
  });

  test("finishes what is on its way when it drains, and takes nothing new", async () => {
    let finish: (reply: PeerReply) => void = () => undefined;
    const { router } = setup(() => new Promise((resolve) => (finish = resolve)));
    const pending = router.call(CALL);
    let drained = false;
    const draining = router.drain().then(() => (drained = true));
    expect((await outcome(router.call(CALL)))?.code).toBe("UNAVAILABLE");
    await settle();
    expect(drained).toBe(false);
    finish({ payload: undefined, epoch: 1 });
    await Promise.all([pending, draining]);
    expect(drained).toBe(true);
  });

  test("tells apart, when it gives up, what a node has from what still waited", async () => {
    let owner: Address | undefined = NODE;
    const { router, clock } = setup(
      (_call, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new GoverseError("CANCELLED", "gone")));
        }),
      { locate: () => (owner === undefined ? { owner, reason: "nobody" } : { owner }) },
    );
    const sent = outcome(router.call(CALL));
    owner = undefined;
    const waiting = outcome(router.call(CALL));
    await settle();
    router.abandon();
    await clock.advance(200);
    expect([(await sent)?.code, (await waiting)?.code]).toEqual(["UNKNOWN_OUTCOME", "UNAVAILABLE"]);
  });
});
