import { contract, implement } from "@goverse/core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Safe = contract("Safe", {
  methods: {
    Put: { in: z.number(), out: z.number() },
    Throw: {},
    Check: { out: z.string() },
    Call: {},
    Flush: {},
  },
  events: { changed: z.number() },
});

let gate = new Deferred();
const safe = implement(Safe, {
  state: () => ({ sum: 0 }),
  methods: {
    async Put(ctx, n) {
      ctx.state.sum += n;
      ctx.push("client", "changed", n);
      await gate.promise;
      return ctx.state.sum;
    },
    async Throw() {
      await gate.promise;
      throw new Error("thrown");
    },
    async Check(ctx) {
      ctx.assertOwner();
      await gate.promise;
      ctx.assertOwner();
      return "still owner";
    },
    async Call(ctx) {
      await gate.promise;
      await ctx.object(Safe, "other").Put(1);
    },
    async Flush(ctx) {
      ctx.push("client", "changed", 1);
      await gate.promise;
      await ctx.flush();
    },
  },
});

describe("ownership", () => {
  let harness = new Harness();
  beforeEach(() => {
    gate = new Deferred();
    harness = new Harness({ implementations: [safe] });
  });
  const take = (epoch: number | undefined): void => {
    harness.epochOf = () => epoch;
  };

  it("is required before anything starts: NOT_OWNER, not started, not counted", async () => {
    take(undefined);
    const error = await failure(harness.object(Safe, "a").Put(1));
    expect(error.code).toBe("NOT_OWNER");
    expect(error.notStarted).toBe(true);
    expect([...harness.node.objects()]).toEqual([]);
    expect((await failure(harness.node.create(harness.request("Safe", "a")))).code).toBe("NOT_OWNER");
    expect((await failure(harness.node.destroy(harness.request("Safe", "a")))).code).toBe("NOT_OWNER");
    const counts = await harness.metric("goverse_method_calls_total");
    expect(counts.every((line) => line.endsWith(" 0"))).toBe(true);
  });

  it("is asked for the place of the object", async () => {
    gate.resolve();
    harness.epochOf = (place) => (place.kind === "node" && place.address === "localhost:47000" ? 3 : undefined);
    const reply = await harness.node.invoke(harness.invocation("Safe", "localhost:47000/a", "Check"));
    expect(reply.epoch).toBe(3);
    expect((await failure(harness.object(Safe, "a").Check())).code).toBe("NOT_OWNER");
    expect(await harness.metric("goverse_objects_total")).toEqual([
      'goverse_objects_total{type="Safe",shard="none"} 1',
    ]);
  });

  it("lost while a call waits: it did not start", async () => {
    const first = failure(harness.object(Safe, "a").Put(1));
    const second = failure(harness.object(Safe, "a").Put(1));
    await settle();
    take(undefined);
    gate.resolve();
    expect((await first).code).toBe("UNKNOWN_OUTCOME");
    expect((await second).code).toBe("NOT_OWNER");
    const waits = await harness.metric('goverse_method_queue_wait_seconds_count{object_type="Safe",method_name="Put"');
    expect(waits[0]).toMatch(/ 1$/);
  });

  it("lost while a turn runs: its effects are discarded and nobody knows its outcome", async () => {
    const reply = failure(harness.object(Safe, "a", { callId: "c-1" }).Put(1));
    await settle();
    take(undefined);
    gate.resolve();
    const error = await reply;
    expect(error.code).toBe("UNKNOWN_OUTCOME");
    expect(error.details.callId).toBe("c-1");
    expect(harness.pushed).toEqual([]);
  });

  it("lost and won again in between is lost", async () => {
    const reply = failure(harness.object(Safe, "a").Put(1));
    await settle();
    take(8);
    gate.resolve();
    expect((await reply).code).toBe("UNKNOWN_OUTCOME");
    expect(harness.pushed).toEqual([]);
  });

  it("lost and won again in between makes the object start afresh: its state may be stale", async () => {
    gate.resolve();
    expect(await harness.object(Safe, "a").Put(1)).toBe(1);
    take(8);
    expect(await harness.object(Safe, "a").Put(1)).toBe(1);
    expect(await harness.metric("goverse_objects_started_cold_total")).toContain(
      'goverse_objects_started_cold_total{object_type="Safe",reason="lost"} 1',
    );
  });

  it("lost is also the answer when the method threw", async () => {
    const reply = failure(harness.object(Safe, "a").Throw());
    await settle();
    take(undefined);
    gate.resolve();
    expect((await reply).code).toBe("UNKNOWN_OUTCOME");
  });

  it("can be asked for by the method", async () => {
    const lost = failure(harness.object(Safe, "a").Check());
    await settle();
    take(undefined);
    gate.resolve();
    expect((await lost).code).toBe("UNKNOWN_OUTCOME");
    take(7);
    expect(await harness.object(Safe, "a").Check()).toBe("still owner");
  });

  it("suspended for a moment and back with the same epoch keeps memory", async () => {
    gate.resolve();
    await harness.object(Safe, "a").Put(1);
    take(undefined);
    await failure(harness.object(Safe, "a").Put(1));
    take(7);
    expect(await harness.object(Safe, "a").Put(1)).toBe(2);
  });

  it("is checked when a call is handed over and when events leave early", async () => {
    for (const method of ["Call", "Flush"] as const) {
      gate = new Deferred();
      take(7);
      const reply = failure(harness.object(Safe, "a")[method]());
      await settle();
      take(undefined);
      gate.resolve();
      expect((await reply).code).toBe("UNKNOWN_OUTCOME");
    }
    expect(harness.origins).toEqual([]);
    expect(harness.pushed).toEqual([]);
  });

  it("lost during activation: the call did not start", async () => {
    const Slow = contract("Slow", { methods: { Work: {} } });
    const activation = new Deferred();
    let ran = false;
    harness.node.register(
      implement(Slow, {
        state: () => ({}),
        onActivate: () => activation.promise,
        methods: {
          Work: () => {
            ran = true;
          },
        },
      }),
    );
    const reply = failure(harness.object(Slow, "s").Work());
    await settle();
    take(undefined);
    activation.resolve();
    expect((await reply).code).toBe("NOT_OWNER");
    expect(ran).toBe(false);
  });
});
