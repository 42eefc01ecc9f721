import { defineObject } from "@goverse/core";
import { z } from "zod";

let holding: (() => void)[] = [];

/** Ends every `Hold` of this process. */
export function releaseHolds(): void {
  for (const release of holding) release();
  holding = [];
}

/** An object for which every kind of call can be made. Also loaded by node processes. */
export const Thing = defineObject("Thing", {
  contract: {
    Do: { in: z.object({ by: z.number() }), out: z.number() },
    Fail: {},
    Refuse: { errors: { Enough: z.object({ limit: z.number() }) } },
    Wait: { in: z.object({ ms: z.number() }) },
    /** Ends when {@link releaseHolds} is called. */
    Hold: {},
    /** Calls `Do` of another thing. */
    Ask: { in: z.object({ other: z.string() }), out: z.number() },
  },
  state: () => ({ value: 0 }),
  methods: {
    Do: (ctx, { by }) => (ctx.state.value += by),
    Fail: () => {
      throw new Error("on purpose");
    },
    Refuse: (ctx) => ctx.fail("Enough", { limit: 1 }),
    Wait: (_ctx, { ms }) => new Promise((resolve) => setTimeout(resolve, ms)),
    Hold: () => new Promise<void>((resolve) => holding.push(resolve)),
    Ask: (ctx, { other }): Promise<number> => ctx.object(Thing, other).Do({ by: 1 }),
  },
});

/** How long a {@link Fleeting} object stays without a call, in milliseconds. */
const FLEETING_IDLE_MS = 200;

/** An object that leaves memory when nobody calls it. */
export const Fleeting = defineObject("Fleeting", {
  contract: { Touch: {} },
  state: () => ({}),
  methods: { Touch: () => undefined },
  idleMs: FLEETING_IDLE_MS,
});

/** An object that never comes into memory. */
export const Stillborn = defineObject("Stillborn", {
  contract: { Touch: {} },
  state: () => ({}),
  methods: { Touch: () => undefined },
  onActivate: () => {
    throw new Error("on purpose");
  },
});
