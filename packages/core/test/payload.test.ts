import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { z } from "zod";
import {
  decodePayload,
  encodePayload,
  GoverseError,
  JSON_TYPE_URL,
  jsonPayload,
  jsonTextOf,
  type Schema,
} from "../src/index.ts";

const anything: Schema = z.unknown();

/** A stand-in for a protobuf message: one byte. */
const byte: Schema<number, number> = {
  "~standard": z.number()["~standard"],
  "~wire": {
    typeName: "test.Byte",
    encode: (value) => Uint8Array.of(value as number),
    decode: (bytes) => bytes[0],
    toJsonText: (value) => `{"byte":${String(value)}}`,
    fromJsonText: (text) => (JSON.parse(text) as { byte: number }).byte,
  },
};

describe("JSON payloads", () => {
  test("any JSON value comes back as it was sent", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__"));
        expect(JSON.stringify(decodePayload(anything, encodePayload(anything, value), "input"))).toBe(text);
      }),
    );
  });

  test.each([1, 127, 128, 511, 512, 513, 20_000])(
    "a text of %i characters is the same message, short or long, ASCII or not",
    (length) => {
      for (const last of ["a", "é", "日", "🙂"]) {
        const text = "x".repeat(length - 1) + last;
        const { bytes } = jsonPayload(text);
        expect(jsonTextOf({ typeUrl: JSON_TYPE_URL, bytes })).toBe(text);
        const utf8 = new TextEncoder().encode(text);
        expect(Buffer.from(bytes.subarray(bytes.length - utf8.length))).toEqual(Buffer.from(utf8));
        expect(bytes.length).toBe(1 + (utf8.length < 128 ? 1 : utf8.length < 16_384 ? 2 : 3) + utf8.length);
      }
    },
  );

  test("random bytes are refused or read, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodePayload(anything, { typeUrl: JSON_TYPE_URL, bytes }, "input");
        } catch (error) {
          expect(error).toBeInstanceOf(GoverseError);
          expect((error as GoverseError).code).toBe("INVALID_ARGUMENT");
        }
      }),
    );
  });

  test("malformed JSON names the field", () => {
    expect(() => decodePayload(anything, jsonPayload("{"), "ChatRoom.SendMessage input")).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { field: "ChatRoom.SendMessage input" } }),
    );
  });

  test("the key __proto__ is refused, the text __proto__ is not", () => {
    expect(() => decodePayload(anything, jsonPayload('{"a":{"__proto__":{"admin":true}}}'), "input")).toThrow(
      /__proto__/,
    );
    expect(decodePayload(anything, jsonPayload('{"a":"__proto__"}'), "input")).toEqual({ a: "__proto__" });
  });

  test("a value that JSON cannot hold is refused where it is sent", () => {
    expect(() => encodePayload(anything, { n: 1n })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("an empty text means no input", () => {
    expect(jsonTextOf(jsonPayload(""))).toBeUndefined();
    expect(decodePayload(anything, jsonPayload(""), "input")).toBeUndefined();
  });
});

describe("payloads of other kinds", () => {
  test("a method with a message type reads the message and its JSON form", () => {
    const payload = encodePayload(byte, 7);
    expect(payload).toEqual({ typeUrl: "type.googleapis.com/test.Byte", bytes: Uint8Array.of(7) });
    expect(decodePayload(byte, payload, "input")).toBe(7);
    expect(decodePayload(byte, jsonPayload('{"byte":9}'), "input")).toBe(9);
  });

  test("who asks in JSON is answered in JSON", () => {
    expect(jsonTextOf(encodePayload(byte, 7, jsonPayload("")))).toBe('{"byte":7}');
  });

  test("a foreign type is refused with the type that would be right", () => {
    const foreign = { typeUrl: "type.googleapis.com/other.Message", bytes: new Uint8Array(0) };
    expect(() => decodePayload(byte, foreign, "input")).toThrow(/test\.Byte/);
    expect(() => decodePayload(anything, foreign, "input")).toThrow(/goverse\.Json/);
  });
});
