import { contract, type ErrorCode, GoverseError, implement } from "@goverse/core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Bad = contract("Bad", {
  methods: {
    Do: { in: z.string(), out: z.unknown(), errors: { Muted: z.object({ until: z.number() }) } },
    Nest: { in: z.string(), out: z.unknown(), errors: { Muted: z.object({ until: z.number() }) } },
    Ok: { out: z.string() },
  },
  events: { e: z.unknown() },
});

class Hostile extends Error {
  override get message(): string {
    throw new Error("even looking at me fails");
  }
  override get stack(): string {
    throw new Error("even looking at me fails");
  }
}

const hostileProxy = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error("trap");
      },
      getPrototypeOf: () => {
        throw new Error("trap");
      },
    },
  );

const cyclic = (): unknown => {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
};

/** What a method may do wrong; the node goes on whatever it is. */
const MISDEEDS: Readonly<Record<string, (ctx: { signal: AbortSignal }) => unknown>> = {
  "throws an error": () => {
    throw new Error("secret detail");
  },
  "throws a string": () => {
    throw "secret detail" as unknown as Error;
  },
  "throws nothing": () => {
    throw undefined as unknown as Error;
  },
  "throws an object without a prototype": () => {
    throw Object.create(null) as Error;
  },
  "throws an error whose getters throw": () => {
    throw new Hostile();
  },
  "throws a proxy whose traps throw": () => {
    throw hostileProxy() as Error;
  },
  "throws a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    throw proxy as Error;
  },
  "throws something that pretends to be ours": () => {
    throw {
      "~goverse": "error",
      get code() {
        throw new Error("trap");
      },
    } as unknown as Error;
  },
  "rejects with nothing": () =>
    settle().then(() => {
      throw undefined as unknown as Error;
    }),
  "rejects late": async () => {
    await settle();
    throw new Error("late");
  },
  "returns a cycle": cyclic,
  "returns a bigint": () => 1n,
  "returns an object whose toJSON throws": () => ({
    toJSON: () => {
      throw hostileProxy() as Error;
    },
  }),
  "returns an object whose getter throws": () => ({
    get value() {
      throw new Error("getter");
    },
  }),
  "returns a hostile proxy": hostileProxy,
  "returns a thenable that throws": () => ({
    then: () => {
      throw new Error("then");
    },
  }),
  "returns a thenable that rejects": () => ({ then: (_ok: unknown, no: (reason: unknown) => void) => no("no") }),
  "returns an object whose then getter throws": () => ({
    get then() {
      throw new Error("then");
    },
  }),
  "recurses without end": () => {
    const deeper = (): number => deeper() + 1;
    return deeper();
  },
  "throws in an abort listener's place": (ctx) => {
    ctx.signal.throwIfAborted();
    throw new DOMException("gone", "AbortError");
  },
};

const bad = implement(Bad, {
  state: () => ({}),
  methods: {
    Do: (ctx, what) => {
      if (what === "mute") ctx.fail("Muted", { until: 5 });
      if (what === "undeclared") (ctx.fail as (name: string, data: unknown) => never)("toString", 1);
      if (what === "unsendable") (ctx.fail as (name: string, data: unknown) => never)("Muted", cyclic());
      return MISDEEDS[what]?.(ctx);
    },
    Nest: (ctx, what) => ctx.object(Bad, "inner").Do(what),
    Ok: () => "fine",
  },
});

describe("a method that fails", () => {
  let harness = new Harness();
  beforeEach(() => {
    harness = new Harness({ implementations: [bad] });
  });

  it.each(Object.keys(MISDEEDS))(
    "%s: the caller gets INTERNAL, the log the detail, the object goes on",
    async (what) => {
      const error = await failure(harness.object(Bad, "b", { callId: "c-7" }).Do(what));
      expect(error.code).toBe("INTERNAL");
      expect(error.message).not.toContain("secret");
      expect(error.details).toEqual({ callId: "c-7" });
      const lines = harness.logged.filter(({ level }) => level === "error");
      expect(lines).toHaveLength(1);
      expect(lines[0]?.fields).toMatchObject({ type: "Bad", id: "b", method: "Do", callId: "c-7" });
      expect(lines[0]?.fields["error"]).toBeTypeOf("string");
      expect(await harness.object(Bad, "b").Ok()).toBe("fine");
    },
  );

  it("logs the stack and the cause", async () => {
    await failure(harness.object(Bad, "b").Do("throws an error"));
    expect(harness.logged[0]?.fields["error"]).toMatch(/secret detail\n\s+at /);
  });

  it("by never ending only blocks its own object", async () => {
    const Stuck = contract("Stuck", { methods: { Wait: {} } });
    harness.node.register(
      implement(Stuck, { state: () => ({}), methods: { Wait: () => new Promise<void>(() => {}) } }),
    );
    const stuck = [harness.object(Stuck, "s").Wait(), harness.object(Stuck, "s").Wait()].map(failure);
    await harness.clock.advance(11_000);
    expect((await Promise.all(stuck)).map(({ code }) => code)).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    expect(await harness.object(Bad, "b").Ok()).toBe("fine");
  });

  it("as its contract declares carries name and data", async () => {
    const error = await failure(harness.object(Bad, "b").Do("mute"));
    expect(error.code).toBe("DECLARED");
    expect(error.details.declared).toEqual({ name: "Muted", data: { until: 5 } });
    expect(await harness.object(Bad, "b").$try.Do("mute")).toEqual({
      ok: false,
      error: { code: "Muted", data: { until: 5 } },
    });
    expect(harness.logged).toEqual([]);
  });

  it.each(["undeclared", "unsendable"])("in a way that is %s is INTERNAL", async (what) => {
    expect((await failure(harness.object(Bad, "b").Do(what))).code).toBe("INTERNAL");
  });

  it("floods the log at a bounded rate, and says how much was left out", async () => {
    for (let i = 0; i < 100; i += 1) await failure(harness.object(Bad, "b").Do("throws an error"));
    expect(harness.logged).toHaveLength(10);
    harness.clock.stall(1_000);
    await failure(harness.object(Bad, "b").Do("throws an error"));
    expect(harness.logged.at(-1)?.fields["leftOutBefore"]).toBe(90);
  });

  it("goes on when the logger fails too", async () => {
    const broken = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: () => {
        throw new Error("the disk is full");
      },
      child: () => broken,
    };
    const own = new Harness({ implementations: [bad], log: broken });
    expect((await failure(own.object(Bad, "b").Do("throws an error"))).code).toBe("INTERNAL");
    expect(await own.object(Bad, "b").Ok()).toBe("fine");
  });
});

describe("a failure of a call to another object that the method does not catch", () => {
  it.each<[ErrorCode, ErrorCode]>([
    ["NOT_OWNER", "UNKNOWN_OUTCOME"],
    ["UNAVAILABLE", "UNKNOWN_OUTCOME"],
    ["UNKNOWN_OUTCOME", "UNKNOWN_OUTCOME"],
    ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"],
    ["CANCELLED", "INTERNAL"],
    ["INVALID_ARGUMENT", "INTERNAL"],
    ["MAILBOX_FULL", "INTERNAL"],
    ["PERMISSION_DENIED", "INTERNAL"],
    ["UNKNOWN_TYPE", "INTERNAL"],
    ["INTERNAL", "INTERNAL"],
  ])("%s becomes %s", async (inner, outer) => {
    const harness = new Harness({ implementations: [bad] });
    harness.outgoing = () => Promise.reject(new GoverseError(inner, "of the other call", { callId: "inner" }));
    const error = await failure(harness.object(Bad, "b", { callId: "outer" }).Nest("x"));
    expect(error.code).toBe(outer);
    expect(error.notStarted).toBe(false);
    expect(error.details).toEqual({ callId: "outer" });
    expect(error.message).not.toContain("of the other call");
  });

  it("is not passed on as a failure that this contract declares", async () => {
    const harness = new Harness({ implementations: [bad] });
    const error = await failure(harness.object(Bad, "b").Nest("mute"));
    expect(error.code).toBe("INTERNAL");
    expect(error.details.declared).toBeUndefined();
  });
});
