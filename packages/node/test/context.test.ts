import { type Context, contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure, Harness } from "./support/harness.ts";

const Keeper = contract("Keeper", {
  methods: { Keep: { out: z.unknown(), errors: { Oops: z.null() } }, Ok: {} },
  events: { e: z.number() },
});
type KeepContext = Context<typeof Keeper, (typeof Keeper)["methods"]["Keep"], { n: number }>;

let kept: KeepContext | undefined;
const keeper = implement(Keeper, {
  state: () => ({ n: 1 }),
  methods: {
    Keep(ctx) {
      kept = ctx;
      ctx.log.info("kept");
      const inherited = "toString" in ctx;
      return [ctx.type, ctx.id, ctx.callId, ctx.caller, ctx.state, ctx.signal.aborted, ctx.remainingMs(), inherited];
    },
    Ok() {},
  },
});

describe("a context", () => {
  it("tells a method where it is and who called", async () => {
    const harness = new Harness({ implementations: [keeper] });
    const caller = { clientId: "localhost:49000/7" };
    const reply = await harness.object(Keeper, "k", { callId: "c-1", caller }).Keep();
    expect(reply).toEqual(["Keeper", "k", "c-1", caller, { n: 1 }, false, 10_000, true]);
    expect(harness.logged[0]).toMatchObject({
      message: "kept",
      fields: { node: "localhost:47000", type: "Keeper", id: "k", method: "Keep", callId: "c-1" },
    });
  });

  it("used after its turn throws TURN_ENDED", async () => {
    const harness = new Harness({ implementations: [keeper] });
    await harness.object(Keeper, "k").Keep();
    const ctx = kept as KeepContext;
    const uses: (() => unknown)[] = [
      () => ctx.state,
      () => ctx.remainingMs(),
      () => ctx.object(Keeper, "other"),
      () => ctx.push("a", "e", 1),
      () => ctx.broadcast("e", 1),
      () => ctx.fail("Oops", null),
      () => ctx.assertOwner(),
    ];
    for (const use of uses) expect(use).toThrowError(/was used after its turn/);
    expect((await failure(ctx.flush())).code).toBe("TURN_ENDED");
  });

  it("gives proxies that end with the turn too", async () => {
    const harness = new Harness({ implementations: [keeper] });
    const Holder = contract("Holder", { methods: { Hold: {} } });
    const late: Promise<void>[] = [];
    let start: () => Promise<void> = () => Promise.resolve();
    harness.node.register(
      implement(Holder, {
        state: () => ({}),
        methods: {
          Hold(ctx) {
            const other = ctx.object(Keeper, "k");
            start = () => other.Ok();
          },
        },
      }),
    );
    await harness.object(Holder, "h").Hold();
    late.push(start());
    expect((await failure(Promise.all(late))).code).toBe("TURN_ENDED");
  });

  it("refuses events that the contract does not declare", async () => {
    const Odd = contract("Odd", { methods: { Push: {} } });
    const harness = new Harness();
    harness.node.register(
      implement(Odd, {
        state: () => ({}),
        methods: {
          Push: (ctx) => (ctx.push as (to: string, event: string, data: unknown) => void)("a", "toString", 1),
        },
      }),
    );
    expect((await failure(harness.object(Odd, "o").Push())).code).toBe("INTERNAL");
    expect(harness.logged[0]?.fields["error"]).toContain('event of Odd "toString" is not valid');
  });

  it("lets methods use their siblings", async () => {
    const Kin = contract("Kin", { methods: { A: { out: z.string() }, B: { out: z.string() } } });
    const harness = new Harness();
    harness.node.register(
      implement(Kin, {
        state: () => ({}),
        methods: {
          A: (ctx) => `a of ${ctx.id}`,
          B(ctx) {
            return (this as unknown as { A(ctx: unknown): string }).A(ctx);
          },
        },
      }),
    );
    expect(await harness.object(Kin, "k").B()).toBe("a of k");
  });
});
