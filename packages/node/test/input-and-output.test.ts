import { contract, implement, JSON_TYPE_URL, jsonPayload, jsonTextOf, type Schema } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure, Harness } from "./support/harness.ts";

/** A schema that travels as one byte, or as JSON when asked in JSON. */
const byte: Schema<number> = {
  "~standard": z.number()["~standard"],
  "~wire": {
    typeName: "test.Byte",
    encode: (value) => Uint8Array.of(value as number),
    decode: (bytes) => bytes[0],
    toJsonText: (value) => String(value),
    fromJsonText: (text) => Number(text),
  },
};

const Echo = contract("Echo", {
  methods: {
    Say: { in: z.object({ text: z.string() }), out: z.string() },
    Byte: { in: byte, out: byte },
    Later: { in: z.object({ n: z.number() }).refine(async ({ n }) => n > 0), out: z.number() },
    Loop: { out: z.unknown() },
    Odd: { in: { "~standard": { version: 1 as const, vendor: "test", validate: () => fail() } } },
  },
});

function fail(): never {
  throw new TypeError("the schema itself is broken");
}

const order: number[] = [];
const echo = implement(Echo, {
  state: () => ({ calls: 0 }),
  methods: {
    Say: (_ctx, { text }) => text,
    Byte: (_ctx, n) => n + 1,
    Later: (_ctx, { n }) => {
      order.push(n);
      return n;
    },
    Loop: () => {
      const loop: { self?: unknown } = {};
      loop.self = loop;
      return loop;
    },
    Odd: () => {},
  },
});

describe("input and output", () => {
  const harness = new Harness({ implementations: [echo] });

  it("is checked on receipt with the method's schema", async () => {
    const wrong = { ...harness.invocation("Echo", "checked", "Say"), payload: jsonPayload('{"text":1}') };
    const error = await failure(harness.node.invoke(wrong));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain("Echo.Say input is not valid: text:");
    const broken = { ...wrong, payload: jsonPayload("{") };
    expect((await failure(harness.node.invoke(broken))).message).toContain("Echo.Say input cannot be read");
    const missing = { ...wrong, payload: undefined };
    expect((await failure(harness.node.invoke(missing))).code).toBe("INVALID_ARGUMENT");
  });

  it("that is wrong does not bring an object into memory", () => {
    expect([...harness.node.objects()].map((object) => object.id)).not.toContain("checked");
  });

  it("is answered as the request was encoded", async () => {
    const base = harness.invocation("Echo", "a", "Byte");
    const wire = { typeUrl: "type.googleapis.com/test.Byte", bytes: Uint8Array.of(7) };
    expect((await harness.node.invoke({ ...base, payload: wire })).payload).toEqual({
      ...wire,
      bytes: Uint8Array.of(8),
    });
    const reply = await harness.node.invoke({ ...base, payload: jsonPayload("7") });
    expect(reply.payload?.typeUrl).toBe(JSON_TYPE_URL);
    expect(jsonTextOf(reply.payload)).toBe("8");
  });

  it("may be checked later without losing the order of arrival", async () => {
    const object = harness.object(Echo, "later");
    await Promise.all([object.Later({ n: 1 }), object.Later({ n: 2 }), object.Later({ n: 3 })]);
    expect(order).toEqual([1, 2, 3]);
    const wrong = { ...harness.invocation("Echo", "never", "Later"), payload: jsonPayload('{"n":-1}') };
    expect((await failure(harness.node.invoke(wrong))).code).toBe("INVALID_ARGUMENT");
    expect([...harness.node.objects()].map((object) => object.id)).not.toContain("never");
  });

  it("that JSON cannot hold is the method's fault, not the caller's", async () => {
    const error = await failure(harness.object(Echo, "a").Loop());
    expect(error.code).toBe("INTERNAL");
    expect(harness.logged.some(({ fields }) => String(fields["error"]).includes("cannot be sent as JSON"))).toBe(true);
  });

  it("whose schema fails itself is an internal error with a log line", async () => {
    const call = { ...harness.invocation("Echo", "a", "Odd"), payload: jsonPayload("1") };
    const error = await failure(harness.node.invoke(call));
    expect(error.code).toBe("INTERNAL");
    expect(error.message).not.toContain("broken");
    expect(harness.logged.at(-1)?.fields["error"]).toContain("the schema itself is broken");
  });

  it("is not shared: what a method returned may change afterwards", async () => {
    const state = { list: [1] };
    const Box = contract("Box", { methods: { Get: { out: z.object({ list: z.array(z.number()) }) } } });
    harness.node.register(implement(Box, { state: () => ({}), methods: { Get: () => state } }));
    const reply = await harness.object(Box, "a").Get();
    state.list.push(2);
    expect(reply).toEqual({ list: [1] });
  });
});
