import { contract, implement } from "@goverse/core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_CALL_TIMEOUT_MS } from "../src/index.ts";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Job = contract("Job", {
  methods: { Run: { in: z.string() }, Left: { out: z.number() }, Ask: { in: z.number().nullable() } },
});

let gates: Deferred[] = [];
let log: string[] = [];
const job = implement(Job, {
  state: () => ({}),
  methods: {
    async Run(ctx, name) {
      log.push(`+${name}`);
      ctx.signal.addEventListener("abort", () => log.push(`!${name} ${(ctx.signal.reason as { code: string }).code}`));
      const gate = new Deferred();
      gates.push(gate);
      await gate.promise;
      log.push(`-${name}`);
    },
    Left: (ctx) => ctx.remainingMs(),
    Ask: (ctx, timeoutMs) => ctx.object(Job, "other").Run("asked", timeoutMs === null ? {} : { timeoutMs }),
  },
});

describe("a deadline", () => {
  let harness = new Harness();
  beforeEach(() => {
    gates = [];
    log = [];
    harness = new Harness({ implementations: [job] });
  });

  it("that passed before the call arrived starts nothing", async () => {
    const deadlineMs = harness.clock.monotonicMs();
    const error = await failure(harness.object(Job, "j", { deadlineMs }).Left());
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect([...harness.node.objects()]).toEqual([]);
  });

  it("that passes in the mailbox removes the call without starting it", async () => {
    const object = harness.object(Job, "j");
    const running = object.Run("a");
    const waiting = failure(object.Run("b", { timeoutMs: 300 }));
    const behind = object.Run("c");
    await harness.clock.advance(400);
    const error = await waiting;
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect(error.message).toContain("before its turn came");
    gates[0]?.resolve();
    await running;
    gates[1]?.resolve();
    await behind;
    expect(log).toEqual(["+a", "-a", "+c", "-c"]);
  });

  it("is looked at again when the turn comes, however late the sweep is", async () => {
    const object = harness.object(Job, "j");
    const running = object.Run("a");
    const waiting = failure(object.Run("b", { timeoutMs: 300 }));
    await settle();
    harness.clock.stall(400);
    gates[0]?.resolve();
    await running;
    expect((await waiting).code).toBe("DEADLINE_EXCEEDED");
    expect(log).toEqual(["+a", "-a"]);
  });

  it("of a running turn answers the caller and tells the method; the object stays taken until the method ends", async () => {
    const object = harness.object(Job, "j");
    const running = failure(object.Run("a", { timeoutMs: 300 }));
    const behind = object.Run("b");
    await harness.clock.advance(400);
    expect((await running).code).toBe("DEADLINE_EXCEEDED");
    expect(log).toEqual(["+a", "!a DEADLINE_EXCEEDED"]);
    gates[0]?.resolve();
    await settle();
    expect(log.slice(2)).toEqual(["-a", "+b"]);
    gates[1]?.resolve();
    await behind;
  });

  it("always exists", async () => {
    for (const deadlineMs of [Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(await harness.object(Job, "j", { deadlineMs }).Left()).toBe(DEFAULT_CALL_TIMEOUT_MS);
    }
  });

  it("of a call to another object is never later than the calling turn's own", async () => {
    const calls = [failure(harness.object(Job, "j", { callId: "outer" }).Ask(null, { timeoutMs: 2_000 }))];
    await settle();
    calls.push(failure(harness.object(Job, "k").Ask(500, { timeoutMs: 2_000 })));
    calls.push(failure(harness.object(Job, "l").Ask(5_000, { timeoutMs: 2_000 })));
    await settle();
    expect(harness.timeouts).toEqual([2_000, 500, 2_000]);
    await harness.clock.advance(3_000);
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(Array(3).fill("DEADLINE_EXCEEDED"));
  });

  it("leaves a turn no time for further calls", async () => {
    const Late = contract("Late", { methods: { Go: {} } });
    const gate = new Deferred();
    let late: unknown;
    harness.node.register(
      implement(Late, {
        state: () => ({}),
        methods: {
          async Go(ctx) {
            await gate.promise;
            expect(ctx.remainingMs()).toBe(0);
            late = await failure(ctx.object(Job, "j").Left());
          },
        },
      }),
    );
    const reply = failure(harness.object(Late, "l").Go({ timeoutMs: 100 }));
    await harness.clock.advance(200);
    await reply;
    gate.resolve();
    await settle();
    expect(late).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(harness.origins).toEqual([]);
  });

  it("needs no timer when nothing is on the way", async () => {
    await harness.object(Job, "j").Left();
    await harness.clock.advance(1_000);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it("of a call that waits for an object which waits for it is logged with the path and the holder", async () => {
    const chain = ["42:900@Job/caller"];
    const holder = harness.object(Job, "j", { callId: "holder" }).Run("a");
    const waiting = failure(harness.object(Job, "j", { chain }).Run("b", { timeoutMs: 100 }));
    await harness.clock.advance(200);
    await waiting;
    expect(harness.logged).toMatchObject([
      { level: "warn", fields: { object: "Job/j", path: ["Job/caller"], heldBy: ["Run (holder)"] } },
    ]);
    gates[0]?.resolve();
    await holder;
  });
});

describe("a caller that gives up", () => {
  let harness = new Harness();
  beforeEach(() => {
    gates = [];
    log = [];
    harness = new Harness({ implementations: [job] });
  });

  it("before its call arrived starts nothing", async () => {
    const error = await failure(harness.object(Job, "j").Run("a", { signal: AbortSignal.abort() }));
    expect(error.code).toBe("CANCELLED");
    expect([...harness.node.objects()]).toEqual([]);
  });

  it("while its call waits is forgotten", async () => {
    const gone = new AbortController();
    const object = harness.object(Job, "j");
    const running = object.Run("a");
    const waiting = failure(object.Run("b", { signal: gone.signal }));
    await settle();
    gone.abort();
    expect((await waiting).code).toBe("CANCELLED");
    gates[0]?.resolve();
    await running;
    expect(log).toEqual(["+a", "-a"]);
  });

  it("while its turn runs tells the method, which keeps the object until it ends", async () => {
    const gone = new AbortController();
    const object = harness.object(Job, "j");
    const running = failure(object.Run("a", { signal: gone.signal }));
    const behind = object.Run("b");
    await settle();
    gone.abort();
    expect((await running).code).toBe("CANCELLED");
    await settle();
    expect(log).toEqual(["+a", "!a CANCELLED"]);
    gates[0]?.resolve();
    await settle();
    gates[1]?.resolve();
    await behind;
  });

  it("during activation never starts its method", async () => {
    const Slow = contract("Slow", { methods: { Work: {} } });
    const activation = new Deferred();
    harness.node.register(
      implement(Slow, {
        state: () => ({}),
        onActivate: () => activation.promise,
        methods: { Work: () => void log.push("worked") },
      }),
    );
    const gone = new AbortController();
    const reply = failure(harness.object(Slow, "s").Work({ signal: gone.signal }));
    await settle();
    gone.abort();
    expect((await reply).code).toBe("CANCELLED");
    activation.resolve();
    await settle();
    expect(log).toEqual([]);
    await harness.object(Slow, "s").Work();
    expect(log).toEqual(["worked"]);
  });

  it("leaves nothing listening on its signal", async () => {
    const gone = new AbortController();
    const removed: string[] = [];
    const remove = gone.signal.removeEventListener.bind(gone.signal);
    gone.signal.removeEventListener = (type: string, ...rest: never[]) => {
      removed.push(type);
      (remove as (...args: unknown[]) => void)(type, ...rest);
    };
    await harness.object(Job, "j").Left({ signal: gone.signal });
    expect(removed).toEqual(["abort"]);
  });
});
