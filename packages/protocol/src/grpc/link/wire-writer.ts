// The parts of the protobuf wire format that the link's hot messages need: written here and not by generated code, because the codec
// is a third of what a call costs on a link. All functions write at `at` and return where they stopped; the caller has made room.

/** Most bytes that a length or a 32-bit number takes. */
const MAX_VARINT32_BYTES = 5;

/** Longest string that is tried as ASCII, in characters: past it one call into the runtime is cheaper than the loop. */
const MAX_ASCII_LOOP = 32;
/** Longest string, in characters, whose length surely fits one byte: three bytes each. */
const MAX_ONE_BYTE_LENGTH = 42;
/** Shortest payload, in bytes, that is worth a call into the runtime for copying. */
const MIN_BULK_COPY_BYTES = 24;

/** Writes an unsigned integer up to 2^53 - 1. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let position = at;
  let rest = value;
  // Bit operations see 32 bits only.
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) bytes[position++] = (rest % 128) | 128;
  for (; rest > 127; rest >>>= 7) bytes[position++] = (rest & 127) | 128;
  bytes[position++] = rest;
  return position;
}

/** Writes a number's field; nothing for 0. */
export function writeNumberField(bytes: Buffer, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  bytes[at] = tag;
  return writeVarint(bytes, at + 1, value);
}

/** Writes a string's field; nothing for the empty string. */
export function writeStringField(bytes: Buffer, at: number, tag: number, text: string): number {
  return text === "" ? at : writeString(bytes, at, tag, text);
}

/** Writes a string's field, also an empty one. */
export function writeString(bytes: Buffer, at: number, tag: number, text: string): number {
  const { length } = text;
  bytes[at] = tag;
  if (length <= MAX_ASCII_LOOP && writeAscii(bytes, at + 2, text)) {
    bytes[at + 1] = length;
    return at + 2 + length;
  }
  if (length <= MAX_ONE_BYTE_LENGTH) {
    const size = bytes.write(text, at + 2, "utf8");
    bytes[at + 1] = size;
    return at + 2 + size;
  }
  const size = Buffer.byteLength(text, "utf8");
  const start = writeVarint(bytes, at + 1, size);
  bytes.write(text, start, size, "utf8");
  return start + size;
}

function writeAscii(bytes: Buffer, at: number, text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** Writes a field of bytes, also an empty one. */
export function writeBytesField(bytes: Buffer, at: number, tag: number, value: Uint8Array): number {
  const { length } = value;
  bytes[at] = tag;
  const start = writeVarint(bytes, at + 1, length);
  if (length < MIN_BULK_COPY_BYTES) for (let i = 0; i < length; i += 1) bytes[start + i] = value[i] ?? 0;
  else bytes.set(value, start);
  return start + length;
}

/**
 * Writes the length of a message whose `bodyAt`…`end` is there already, behind room for a length of `roomBytes` bytes; moves the body
 * when the length takes other room.
 * @returns Where the message ends.
 */
export function closeMessage(bytes: Buffer, lengthAt: number, roomBytes: number, end: number): number {
  const bodyAt = lengthAt + roomBytes;
  const length = end - bodyAt;
  const neededBytes = varintBytes(length);
  if (neededBytes !== roomBytes) bytes.copyWithin(lengthAt + neededBytes, bodyAt, end);
  return writeVarint(bytes, lengthAt, length) + length;
}

/** Bytes that a length takes. */
function varintBytes(length: number): number {
  if (length < 128) return 1;
  if (length < 16_384) return 2;
  if (length < 2_097_152) return 3;
  return length < 268_435_456 ? 4 : MAX_VARINT32_BYTES;
}
