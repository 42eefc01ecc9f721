import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  contract,
  decodePayload,
  encodePayload,
  JSON_TYPE_URL,
  jsonPayload,
  jsonTextOf,
  validate,
} from "@goverse/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { anyToEvent, anyToPayload, EventSchema, type Json, JsonSchema, payloadToAny, pb } from "../src/index.ts";

const texts = ["", "null", '{"a":"日本語 \\u0000 €"}', `"${"x".repeat(127)}"`, `"${"x".repeat(20_000)}"`];

describe("core's hand-written goverse.Json", () => {
  test.each(texts)("equals the generated code byte for byte: %.20s", (text) => {
    const payload = jsonPayload(text);
    const generated = toBinary(JsonSchema, create(JsonSchema, { text }));
    expect(Buffer.from(payload.bytes).equals(generated)).toBe(true);
    expect(fromBinary(JsonSchema, payload.bytes).text).toBe(text);
    expect(jsonTextOf({ typeUrl: JSON_TYPE_URL, bytes: generated })).toBe(text === "" ? undefined : text);
  });

  test("is named as the type URL says", () => {
    expect(JSON_TYPE_URL).toBe(`type.googleapis.com/${JsonSchema.typeName}`);
    expectTypeOf<Json["text"]>().toEqualTypeOf<string>();
  });

  test("skips fields of a newer version, as the generated code does", () => {
    const newer = new Uint8Array([0x10, 0x05, 0x0a, 0x01, 0x37, 0x1a, 0x01, 0x00]);
    expect(fromBinary(JsonSchema, newer).text).toBe("7");
    expect(jsonTextOf({ typeUrl: JSON_TYPE_URL, bytes: newer })).toBe("7");
  });
});

describe("payload and Any", () => {
  test("share their bytes", () => {
    const payload = jsonPayload("1");
    expect(payloadToAny(payload).value).toBe(payload.bytes);
    expect(anyToPayload(payloadToAny(payload))).toEqual(payload);
    expect(payloadToAny(undefined)).toBeUndefined();
    expect(anyToPayload(undefined)).toBeUndefined();
  });

  test("a received Any points into the received message", () => {
    const bytes = toBinary(AnySchema, payloadToAny(jsonPayload("1")));
    expect(anyToPayload(fromBinary(AnySchema, bytes)).bytes.buffer).toBe(bytes.buffer);
  });
});

describe("an event of another system", () => {
  test("is not taken for ours", () => {
    expect(anyToEvent(create(AnySchema, { typeUrl: "type.googleapis.com/chat.Message" }))).toBeUndefined();
  });

  test("that only says it is one is refused", () => {
    const typeUrl = `type.googleapis.com/${EventSchema.typeName}`;
    expect(() => anyToEvent(create(AnySchema, { typeUrl, value: new Uint8Array([255]) }))).toThrow();
  });
});

describe("pb()", () => {
  const schema = pb(TimestampSchema);
  const Clock = contract("Clock", { methods: { Set: { in: schema, out: schema } } });

  test("lets senders give an init object and receivers get a message", () => {
    type In = NonNullable<(typeof Clock.methods.Set.in)["~standard"]["types"]>;
    expectTypeOf<{ seconds: bigint }>().toExtend<In["input"]>();
    expectTypeOf<In["output"]>().toEqualTypeOf<Timestamp>();
  });

  test("travels as the message itself", () => {
    const payload = encodePayload(schema, { seconds: 5n });
    expect(payload?.typeUrl).toBe("type.googleapis.com/google.protobuf.Timestamp");
    const value = decodePayload(schema, payload, "input");
    expect(validate(schema, value, "input")).toEqual(create(TimestampSchema, { seconds: 5n }));
  });

  test("reads and answers protobuf's JSON form for those who speak JSON", () => {
    const asked = jsonPayload('"1970-01-01T00:00:05Z"');
    const value = decodePayload(schema, asked, "input");
    expect(value).toEqual(create(TimestampSchema, { seconds: 5n }));
    expect(jsonTextOf(encodePayload(schema, value, asked))).toBe('"1970-01-01T00:00:05Z"');
  });

  test("refuses what is not such a message", () => {
    const wrong = { typeUrl: "type.googleapis.com/google.protobuf.Timestamp", bytes: new Uint8Array([255]) };
    expect(() => decodePayload(schema, wrong, "input")).toThrow("input cannot be read");
    expect(() => decodePayload(schema, jsonPayload('{"no":1}'), "input")).toThrow("input cannot be read");
    expect(() => validate(schema, { seconds: "five" }, "input")).toThrow("input is not valid");
  });
});
