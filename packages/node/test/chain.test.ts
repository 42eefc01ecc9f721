import { contract, GoverseError, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_CHAIN_DEPTH } from "../src/index.ts";
import { Deferred, failure, Harness } from "./support/harness.ts";

/** Calls the objects of its route one after the other, each from within the one before. */
const Hop = contract("Hop", {
  methods: {
    Go: { in: z.array(z.string()), out: z.array(z.string()) },
    Enter: { in: z.array(z.string()), out: z.array(z.string()), reentrant: true },
    Look: { in: z.array(z.string()), out: z.array(z.string()), mode: "read" },
    LookInside: { in: z.array(z.string()), out: z.array(z.string()), mode: "read", reentrant: true },
    Forever: { in: z.number(), out: z.number() },
  },
});

/** `Go:b` is method Go of object b. A refusal is answered as its code and path. */
async function go(ctx: { id: string; object: Harness["object"] }, [next, ...rest]: string[]): Promise<string[]> {
  if (next === undefined) return [ctx.id];
  const [method, id] = next.split(":") as ["Go" | "Enter" | "Look" | "LookInside", string];
  try {
    return [ctx.id, ...(await ctx.object(Hop, id)[method](rest))];
  } catch (error) {
    if (!(error instanceof GoverseError)) throw error;
    return [ctx.id, error.code, ...(error.details.path ?? [])];
  }
}

const hop = implement(Hop, {
  state: () => ({}),
  methods: {
    Go: (ctx, route) => go(ctx, route),
    Enter: (ctx, route) => go(ctx, route),
    Look: (ctx, route) => go(ctx, route),
    LookInside: (ctx, route) => go(ctx, route),
    Forever: async (ctx, n) => ctx.object(Hop, `${ctx.id}x`).Forever(n + 1),
  },
});

describe("a call that comes back to an object in the middle of its turn", () => {
  const harness = new Harness({ implementations: [hop] });
  const run = (...route: string[]): Promise<string[]> => harness.object(Hop, "a").Go(route);

  it("is refused at once, with the path", async () => {
    expect(await run("Go:b", "Go:a")).toEqual(["a", "b", "REENTRANT_CALL", "Hop/a", "Hop/b", "Hop/a"]);
    expect(await run("Go:a")).toEqual(["a", "REENTRANT_CALL", "Hop/a", "Hop/a"]);
    expect(await run("Go:b", "Look:a")).toContain("REENTRANT_CALL");
  });

  it("is let in where the method is declared reentrant", async () => {
    expect(await run("Go:b", "Enter:a", "Go:c")).toEqual(["a", "b", "a", "c"]);
    expect(await run("Go:b", "LookInside:a")).toEqual(["a", "b", "a"]);
  });

  it("is let in as a read into a read, but never as something exclusive", async () => {
    const look = (...route: string[]): Promise<string[]> => harness.object(Hop, "a").Look(route);
    expect(await look("Go:b", "Look:a")).toEqual(["a", "b", "a"]);
    expect(await look("Go:b", "Enter:a")).toContain("REENTRANT_CALL");
    expect(await look("Go:b", "Go:a")).toContain("REENTRANT_CALL");
    expect(await run("LookInside:a", "Enter:a")).toContain("REENTRANT_CALL");
  });

  it("as a read into a read does not wait behind an exclusive call that came in between", async () => {
    const inside = new Deferred();
    const Gate = contract("Gate", { methods: { Ask: { out: z.string() } } });
    const ask = implement(Gate, {
      state: () => ({}),
      methods: {
        Ask: async (ctx) => {
          await inside.promise;
          return (await ctx.object(Hop, "q").Look([])).join();
        },
      },
    });
    const Reader = implement(contract("Reader", { methods: {} }), { state: () => ({}), methods: {} });
    const own = new Harness({ implementations: [hop, ask, Reader] });
    const Asking = contract("Asking", { methods: { Look: { out: z.string(), mode: "read" } } });
    own.node.register(
      implement(Asking, { state: () => ({}), methods: { Look: (ctx) => ctx.object(Gate, "g").Ask() } }),
    );
    const reply = own.object(Asking, "q").Look();
    const between = own.object(Hop, "q").Go([]);
    inside.resolve();
    expect(await reply).toBe("q");
    await between;
  });

  it("is an ordinary call again when the turn has ended", async () => {
    expect(await run("Go:b")).toEqual(["a", "b"]);
    expect(await run("Go:b")).toEqual(["a", "b"]);
    const stale = harness.invocation("Hop", "a", "Go", { chain: ["42:1@Hop/a"] });
    expect((await failure(harness.node.invoke(stale))).code).toBe("INVALID_ARGUMENT");
  });
});

describe("a chain", () => {
  it("carries incarnation, counter and object of each turn, outermost first", async () => {
    const harness = new Harness({ implementations: [hop] });
    await harness.object(Hop, "a").Go(["Go:b", "Go:c"]);
    expect(harness.origins.map((origin) => origin.chain)).toEqual([["42:1@Hop/a"], ["42:1@Hop/a", "42:2@Hop/b"]]);
    expect(harness.origins[0]).toMatchObject({ callId: "call-1", epoch: 7 });
  });

  it("hands on who set it off, so that every object on the way can push to that client", async () => {
    const caller = { clientId: "localhost:49000/7" };
    const harness = new Harness({ implementations: [hop] });
    await harness.object(Hop, "a", { caller }).Go(["Go:b", "Go:c"]);
    expect(harness.origins.map((origin) => origin.caller)).toEqual([caller, caller]);
  });

  it(`deeper than ${MAX_CHAIN_DEPTH} turns is refused, where it is made and where it arrives`, async () => {
    const harness = new Harness({ implementations: [hop] });
    const error = await failure(harness.object(Hop, "x").Forever(0));
    expect(error.code).toBe("INTERNAL");
    expect(harness.origins).toHaveLength(MAX_CHAIN_DEPTH);
    expect(harness.logged[0]?.fields["error"]).toContain("more than 32 deep");

    const chain = Array.from({ length: 1_000 }, (_, n) => `9:${n}@Far/away`);
    const refused = await failure(harness.node.invoke(harness.invocation("Hop", "a", "Go", { chain })));
    expect(refused.code).toBe("REENTRANT_CALL");
    expect(refused.details.path).toHaveLength(MAX_CHAIN_DEPTH);
  });
});
