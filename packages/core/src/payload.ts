import { GoverseError, invalidArgument } from "./errors.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { decodeJsonMessage, encodeJsonMessage } from "./json-message.ts";

/** A value on its way: the two fields of a `google.protobuf.Any`. Gates forward it without looking inside. */
export interface Payload {
  readonly typeUrl: string;
  readonly bytes: Uint8Array;
}

/** Type of a payload that carries JSON: the message `goverse.Json { string text = 1; }`. */
export const JSON_TYPE_URL = "type.googleapis.com/goverse.Json";

const TYPE_PREFIX = "type.googleapis.com/";
const EMPTY_TYPE_URL = "type.googleapis.com/google.protobuf.Empty";

/** How a schema that is not plain JSON (a protobuf message) travels. Adapters put it under the `~wire` key of their schemas. */
export interface WireFormat {
  /** Full name of the protobuf message, as in `chat.Message`. */
  readonly typeName: string;
  readonly encode: (value: unknown) => Uint8Array;
  /** @throws any error when the bytes are not such a message. */
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly toJsonText: (value: unknown) => string;
  /** @throws any error when the text is not such a message. */
  readonly fromJsonText: (text: string) => unknown;
}

/** A schema of an input, an output, an event or a declared error. */
export interface Schema<Input = unknown, Output = Input> extends StandardSchema<Input, Output> {
  readonly "~wire"?: WireFormat;
}

/**
 * Encodes what is sent. Without a schema there is nothing to send.
 * @param like The request this answers: a caller who spoke JSON is answered in JSON.
 * @throws GoverseError `INVALID_ARGUMENT` for values that JSON cannot hold (cycles, bigint).
 */
export function encodePayload(schema: Schema | undefined, value: unknown, like?: Payload): Payload | undefined {
  if (schema === undefined) return undefined;
  const wire = schema["~wire"];
  if (wire !== undefined) {
    if (like?.typeUrl === JSON_TYPE_URL) return jsonPayload(wire.toJsonText(value));
    return { typeUrl: TYPE_PREFIX + wire.typeName, bytes: wire.encode(value) };
  }
  return jsonPayload(jsonText(value));
}

/** Wraps JSON text. */
export function jsonPayload(text: string): Payload {
  return { typeUrl: JSON_TYPE_URL, bytes: encodeJsonMessage(text) };
}

/** The JSON text of a payload; `undefined` when it carries something else, or nothing. */
export function jsonTextOf(payload: Payload | undefined): string | undefined {
  if (payload?.typeUrl !== JSON_TYPE_URL) return undefined;
  const text = decodeJsonMessage(payload.bytes);
  return text === "" ? undefined : text;
}

/**
 * Decodes what was received, without validating it.
 * @param field What to call it in errors.
 * @throws GoverseError `INVALID_ARGUMENT` when the payload is not what the schema can read.
 */
export function decodePayload(schema: Schema | undefined, payload: Payload | undefined, field: string): unknown {
  if (payload === undefined || payload.typeUrl === EMPTY_TYPE_URL) return undefined;
  const wire = schema?.["~wire"];
  try {
    if (payload.typeUrl === JSON_TYPE_URL) {
      const text = jsonTextOf(payload);
      if (text === undefined) return undefined;
      return wire === undefined ? parseJson(text) : wire.fromJsonText(text);
    }
    if (wire !== undefined && payload.typeUrl === TYPE_PREFIX + wire.typeName) return wire.decode(payload.bytes);
  } catch (error) {
    if (error instanceof GoverseError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new GoverseError("INVALID_ARGUMENT", `${field} cannot be read: ${why}`, { field }, { cause: error });
  }
  const expected = wire === undefined ? JSON_TYPE_URL : `${TYPE_PREFIX}${wire.typeName} or ${JSON_TYPE_URL}`;
  throw invalidArgument(`${field} type`, payload.typeUrl, `this method takes ${expected}`);
}

function jsonText(value: unknown): string {
  try {
    // A value that JSON has no form for at all (undefined, a function) travels as null, as inside an array.
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GoverseError("INVALID_ARGUMENT", `value cannot be sent as JSON: ${why}`, {}, { cause: error });
  }
}

/**
 * `JSON.parse` that refuses the key `__proto__`: copying such an object with `Object.assign` would replace a prototype. The text is
 * searched first, because a reviver makes parsing several times slower.
 */
function parseJson(text: string): unknown {
  if (!text.includes("__proto__")) return JSON.parse(text) as unknown;
  return JSON.parse(text, (key, value: unknown) => {
    if (key === "__proto__") throw new Error('the key "__proto__" is not allowed');
    return value;
  }) as unknown;
}
