/**
 * The message `goverse.Json { string text = 1; }` in the protobuf wire format, written by hand so that `core` needs no protobuf
 * library. `@goverse/protocol` tests it against the generated code.
 */
const TEXT_TAG = 0x0a; // field 1, length-delimited
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Encodes the message. An empty text gives no bytes, as proto3 leaves defaults out. */
export function encodeJsonMessage(text: string): Uint8Array {
  if (text === "") return new Uint8Array(0);
  const utf8 = encoder.encode(text);
  const length = varintOf(utf8.length);
  const message = new Uint8Array(1 + length.length + utf8.length);
  message[0] = TEXT_TAG;
  message.set(length, 1);
  message.set(utf8, 1 + length.length);
  return message;
}

/**
 * Decodes the message: the last `text` wins and unknown fields are skipped, as protobuf prescribes.
 * @throws Error when the bytes are not such a message.
 */
export function decodeJsonMessage(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    at = tag.end;
    if (tag.value === TEXT_TAG) {
      const length = readVarint(bytes, at);
      const end = length.end + length.value;
      if (end > bytes.length) throw new Error("truncated message");
      text = decoder.decode(bytes.subarray(length.end, end));
      at = end;
    } else {
      at = skipField(bytes, at, tag.value & 7);
    }
  }
  return text;
}

function skipField(bytes: Uint8Array, at: number, wireType: number): number {
  let end = bytes.length + 1;
  if (wireType === 0) end = readVarint(bytes, at).end;
  else if (wireType === 1) end = at + 8;
  else if (wireType === 5) end = at + 4;
  else if (wireType === 2) {
    const length = readVarint(bytes, at);
    end = length.end + length.value;
  }
  if (end > bytes.length) throw new Error("truncated or malformed message");
  return end;
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Longest varint of protobuf, in bytes. */
const MAX_VARINT_BYTES = 10;

function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  throw new Error("truncated or malformed message");
}
