import { contract, implement, jsonTextOf } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Room = contract("Room", {
  methods: {
    Late: {},
    Say: { in: z.object({ to: z.array(z.string()), text: z.string() }) },
    Shout: {},
    Fail: {},
    Long: {},
    Flood: {},
  },
  events: { message: z.object({ text: z.string() }), shout: z.string() },
});

let gate = new Deferred();
const room = implement(Room, {
  state: () => ({}),
  methods: {
    async Say(ctx, { to, text }) {
      ctx.push(to, "message", { text });
      ctx.push("one", "message", { text: "!" });
      await gate.promise;
    },
    async Late(ctx) {
      await gate.promise;
      ctx.push("one", "message", { text: "late" });
      await ctx.flush();
    },
    Shout: (ctx) => ctx.broadcast("shout", "hey"),
    Fail(ctx) {
      ctx.push("one", "message", { text: "never" });
      throw new Error("no");
    },
    async Long(ctx) {
      ctx.push("one", "message", { text: "1" });
      await ctx.flush();
      ctx.push("one", "message", { text: "2" });
      await gate.promise;
    },
    Flood(ctx) {
      for (let i = 0; i < 100; i += 1) ctx.push("one", "message", { text: "x".repeat(100) });
    },
  },
});

describe("events", () => {
  it("leave with the reply, in order", async () => {
    gate = new Deferred();
    const harness = new Harness({ implementations: [room] });
    const order: string[] = [];
    harness.onPush = () => order.push("push");
    const reply = harness.object(Room, "r").Say({ to: ["a", "b"], text: "hi" });
    void reply.then(() => order.push("reply"));
    await settle();
    expect(harness.pushed).toEqual([]);
    gate.resolve();
    await reply;
    await settle();
    expect(order).toEqual(["push", "reply"]);
    expect(harness.pushed).toMatchObject([
      { to: ["a", "b"], source: { type: "Room", id: "r" }, event: "message" },
      { to: ["one"], event: "message" },
    ]);
    expect(jsonTextOf(harness.pushed[0]?.payload)).toBe('{"text":"hi"}');
  });

  it("go to everyone when broadcast, and nowhere when there is nobody", async () => {
    gate = new Deferred();
    gate.resolve();
    const harness = new Harness({ implementations: [room] });
    await harness.object(Room, "r").Shout();
    await harness.object(Room, "r").Say({ to: [], text: "hi" });
    expect(harness.pushed.map(({ to }) => to)).toEqual(["everyone", ["one"]]);
  });

  it("are discarded when the method throws", async () => {
    const harness = new Harness({ implementations: [room] });
    await failure(harness.object(Room, "r").Fail());
    expect(harness.pushed).toEqual([]);
  });

  it("of a long turn leave early with flush, and only once", async () => {
    gate = new Deferred();
    const harness = new Harness({ implementations: [room] });
    const reply = harness.object(Room, "r").Long();
    await settle();
    expect(harness.pushed.map(({ payload }) => jsonTextOf(payload))).toEqual(['{"text":"1"}']);
    gate.resolve();
    await reply;
    expect(harness.pushed.map(({ payload }) => jsonTextOf(payload))).toEqual(['{"text":"1"}', '{"text":"2"}']);
  });

  it("are bounded in number and in bytes", async () => {
    for (const limits of [{ outboxMessages: 99 }, { outboxBytes: 5_000 }]) {
      const harness = new Harness({ implementations: [room], limits });
      expect((await failure(harness.object(Room, "r").Flood())).code).toBe("INTERNAL");
      expect(harness.logged[0]?.fields["error"]).toContain("let them leave with ctx.flush()");
      expect(harness.pushed).toEqual([]);
    }
  });

  it("of a turn whose caller has been answered are discarded", async () => {
    gate = new Deferred();
    const harness = new Harness({ implementations: [room] });
    const replies = [
      failure(harness.object(Room, "r").Say({ to: ["a"], text: "late" }, { timeoutMs: 100 })),
      failure(harness.object(Room, "s").Late({ timeoutMs: 100 })),
    ];
    await harness.clock.advance(200);
    for (const reply of replies) expect((await reply).code).toBe("DEADLINE_EXCEEDED");
    gate.resolve();
    await settle();
    expect(harness.pushed).toEqual([]);
  });

  it("that cannot be handed over do not fail the turn", async () => {
    const harness = new Harness({ implementations: [room] });
    harness.onPush = () => {
      throw new Error("the sink is closed");
    };
    await harness.object(Room, "r").Shout();
    expect(harness.logged[0]?.fields["error"]).toContain("the sink is closed");
  });
});
