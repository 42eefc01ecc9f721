import { contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure, Harness } from "./support/harness.ts";

const Counter = contract("Counter", {
  methods: {
    Add: { in: z.object({ by: z.number() }), out: z.object({ value: z.number() }) },
    Reset: {},
    Value: { out: z.number(), mode: "read" },
  },
});
const counter = implement(Counter, {
  state: () => ({ value: 0 }),
  methods: {
    Add(ctx, { by }) {
      ctx.state.value += by;
      return { value: ctx.state.value };
    },
    Reset(ctx) {
      ctx.state.value = 0;
    },
    async Value(ctx) {
      return ctx.state.value;
    },
  },
});

describe("calls", () => {
  it("reach the object's own state, one object apart from the other", async () => {
    const harness = new Harness({ implementations: [counter] });
    const a = harness.object(Counter, "a");
    await a.Add({ by: 2 });
    expect(await a.Add({ by: 3 })).toEqual({ value: 5 });
    expect(await harness.object(Counter, "b").Add({ by: 1 })).toEqual({ value: 1 });
    await a.Reset();
    expect(await a.Value()).toBe(0);
  });

  it("answer with the epoch under which the turn ran", async () => {
    const harness = new Harness({ implementations: [counter] });
    const reply = await harness.node.invoke(harness.invocation("Counter", "a", "Reset"));
    expect(reply).toEqual({ payload: undefined, epoch: 7 });
  });

  it("name an unknown type or method and the ones there are", async () => {
    const harness = new Harness({ implementations: [counter] });
    const type = await failure(harness.node.invoke(harness.invocation("__proto__", "a", "Add")));
    expect(type.code).toBe("UNKNOWN_TYPE");
    expect(type.message).toContain('"__proto__"');
    expect(type.message).toContain("Counter");
    for (const name of ["__proto__", "constructor", "add"]) {
      const method = await failure(harness.node.invoke(harness.invocation("Counter", "a", name)));
      expect(method.code).toBe("UNKNOWN_METHOD");
      expect(method.message).toContain(`"${name}"`);
      expect(method.message).toContain("Add, Reset, Value");
    }
    expect(await harness.metric("goverse_method_calls_total")).toContain(
      'goverse_method_calls_total{object_type="Counter",method_name="_unknown",status="failure"} 3',
    );
  });
});
