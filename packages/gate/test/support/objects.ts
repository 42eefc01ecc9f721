import { type AnyImplementation, contract, implement } from "@goverse/core";
import { z } from "zod";

/** A room that can do everything a gate has to carry. */
const Room = contract("Room", {
  methods: {
    Add: { in: z.object({ by: z.number() }), out: z.object({ value: z.number(), node: z.string() }) },
    Get: { out: z.object({ value: z.number() }), mode: "read" },
    Touch: {},
    Refuse: { in: z.object({ limit: z.number() }), errors: { TooMany: z.object({ limit: z.number() }) } },
    Crash: {},
    Wait: { in: z.object({ ms: z.number() }), out: z.object({ aborted: z.boolean() }) },
    /** Pushes to the client that calls. */
    Echo: { in: z.object({ text: z.string() }), out: z.object({ clientId: z.string() }) },
    Tell: { in: z.object({ to: z.array(z.string()), text: z.string() }) },
    TellAll: { in: z.object({ text: z.string() }) },
  },
  events: { said: z.object({ text: z.string() }) },
});

/** The objects of a node called `node`. */
export function roomObjects(node: string): readonly AnyImplementation[] {
  const room = implement(Room, {
    state: () => ({ value: 0 }),
    methods: {
      Add: (ctx, { by }) => ({ value: (ctx.state.value += by), node }),
      Get: (ctx) => ({ value: ctx.state.value }),
      Touch: () => undefined,
      Refuse: (ctx, { limit }) => ctx.fail("TooMany", { limit }),
      Crash: () => {
        throw new Error("the secret detail");
      },
      Wait: (ctx, { ms }) => untilAborted(ctx.signal, ms),
      Echo: (ctx, { text }) => {
        const { clientId = "" } = ctx.caller;
        ctx.push(clientId, "said", { text });
        return { clientId };
      },
      Tell: (ctx, { to, text }) => ctx.push(to, "said", { text }),
      TellAll: (ctx, { text }) => ctx.broadcast("said", { text }),
    },
  });
  return [room];
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
