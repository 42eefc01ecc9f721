import { type AnyImplementation, contract, GoverseError, implement } from "@goverse/core";
import { z } from "zod";

/** A counter that can also fail and take its time. */
export const Counter = contract("Counter", {
  methods: {
    Add: { in: z.object({ by: z.number() }), out: z.object({ value: z.number(), node: z.string() }) },
    Get: { out: z.object({ value: z.number() }), mode: "read" },
    Fail: {},
    Wait: { in: z.object({ ms: z.number() }), out: z.object({ aborted: z.boolean() }) },
    Big: { in: z.object({ length: z.number() }), out: z.string() },
    Tell: { in: z.object({ clients: z.array(z.string()), text: z.string() }) },
    TellAll: { in: z.object({ text: z.string() }) },
  },
  events: { said: z.object({ text: z.string() }) },
});

/** An object that calls others, along a route of ids. */
export const Relay = contract("Relay", {
  methods: {
    Follow: { in: z.object({ route: z.array(z.string()) }), out: z.object({ visited: z.array(z.string()) }) },
    Count: { in: z.object({ counter: z.string() }), out: z.object({ value: z.number(), node: z.string() }) },
  },
});

/**
 * The objects of a node called `node`: the name comes back from `Counter.Add`, so that a test sees where the call ran.
 */
export function testObjects(node: string): readonly AnyImplementation[] {
  const counter = implement(Counter, {
    state: () => ({ value: 0 }),
    methods: {
      Add: (ctx, { by }) => ({ value: (ctx.state.value += by), node }),
      Get: (ctx) => ({ value: ctx.state.value }),
      Fail: () => {
        throw new Error("the secret detail");
      },
      Wait: (ctx, { ms }) => untilAborted(ctx.signal, ms),
      Big: (_ctx, { length }) => "x".repeat(length),
      Tell: (ctx, { clients, text }) => ctx.push(clients, "said", { text }),
      TellAll: (ctx, { text }) => ctx.broadcast("said", { text }),
    },
  });
  const relay = implement(Relay, {
    state: () => ({}),
    methods: {
      Follow: async (ctx, { route }) => {
        const [next, ...rest] = route;
        if (next === undefined) return { visited: [ctx.id] };
        try {
          const { visited } = await ctx.object(Relay, next).Follow({ route: rest });
          return { visited: [ctx.id, ...visited] };
        } catch (error) {
          // What a method throws stays on its node, so a refusal is told as a result.
          const path = error instanceof GoverseError ? (error.details.path ?? []) : [];
          return { visited: [ctx.id, "refused", ...path] };
        }
      },
      Count: (ctx, { counter }) => ctx.object(Counter, counter).Add({ by: 1 }),
    },
  });
  return [counter, relay];
}

function untilAborted(signal: AbortSignal, ms: number): Promise<{ aborted: boolean }> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ aborted: false }), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve({ aborted: true });
    });
  });
}
