/**
 * The message `goverse.Json { string text = 1; }` in the protobuf wire format, written by hand so that `core` needs no protobuf
 * library. `@goverse/protocol` tests it against the generated code.
 */
const TEXT_TAG = 0x0a; // field 1, length-delimited
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Longest text, in characters, that is copied one by one if it is ASCII: for so few, calling the encoder costs more than the copying. */
const MAX_COPIED_CHARACTERS = 512;

/** Encodes the message. An empty text gives no bytes, as proto3 leaves defaults out. */
export function encodeJsonMessage(text: string): Uint8Array {
  if (text === "") return new Uint8Array(0);
  const copied = text.length <= MAX_COPIED_CHARACTERS ? encodeAscii(text) : undefined;
  if (copied !== undefined) return copied;
  const utf8 = encoder.encode(text);
  const { message, textAt } = messageFor(utf8.length);
  message.set(utf8, textAt);
  return message;
}

/** `undefined` when a character needs more than one byte. */
function encodeAscii(text: string): Uint8Array | undefined {
  const { message, textAt } = messageFor(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    message[textAt + i] = code;
  }
  return message;
}

/** A message with everything but its text, and where that goes. */
function messageFor(byteLength: number): { readonly message: Uint8Array; readonly textAt: number } {
  const length = varintOf(byteLength);
  const textAt = 1 + length.length;
  const message = new Uint8Array(textAt + byteLength);
  message[0] = TEXT_TAG;
  message.set(length, 1);
  return { message, textAt };
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
