import type { Epoch, Payload } from "@goverse/core";
import type { WireReader } from "./wire-reader.ts";
import { closeMessage, writeBytesField, writeNumberField, writeStringField } from "./wire-writer.ts";

/** The answer to one call on a link. */
export interface LinkReply {
  readonly seq: number;
  readonly payload: Payload | undefined;
  /** Epoch under which the turn ran; 0 when the node does not say. */
  readonly epoch: Epoch;
  /** The failure, as `encodeErrorStatus` writes it; `undefined` when the call succeeded. */
  readonly error: Uint8Array | undefined;
  /** Whether the real reply comes over the session's bulk link. */
  readonly onBulk: boolean;
}

/** Field 2 of a frame, with a length. */
export const REPLY_TAG = 0x12;

const SEQ = 0x08;
const PAYLOAD_TYPE = 0x12;
const PAYLOAD = 0x1a;
const EPOCH = 0x20;
const ERROR = 0x2a;
const ON_BULK = 0x30;

/** Most bytes of a reply besides its type, payload and error: tags, lengths and numbers. */
const FIXED_BYTES = 64;
const MAX_UNIT_BYTES = 3;
/** Replies whose content is shorter, in bytes, surely have a length of one byte: 127 minus tags and the two numbers. */
const SHORT_BYTES = 100;

/** Room that a reply may take at most in a frame, in bytes. */
export function replyRoom({ payload, error }: LinkReply): number {
  const payloadRoom = payload === undefined ? 0 : payload.typeUrl.length * MAX_UNIT_BYTES + payload.bytes.length;
  return FIXED_BYTES + payloadRoom + (error === undefined ? 0 : error.length);
}

/**
 * Writes a reply as an element of a frame's `replies`, byte for byte like the generated code. There must be {@link replyRoom}.
 * @returns Where it ends.
 */
export function writeReply(bytes: Buffer, at: number, reply: LinkReply): number {
  const { payload, error } = reply;
  bytes[at] = REPLY_TAG;
  const lengthAt = at + 1;
  const contentBytes =
    (payload === undefined ? 0 : payload.typeUrl.length + payload.bytes.length) + (error?.length ?? 0);
  const roomBytes = contentBytes < SHORT_BYTES ? 1 : 2;
  let p = lengthAt + roomBytes;
  p = writeNumberField(bytes, p, SEQ, reply.seq);
  if (payload !== undefined) {
    p = writeStringField(bytes, p, PAYLOAD_TYPE, payload.typeUrl);
    p = writeBytesField(bytes, p, PAYLOAD, payload.bytes);
  }
  p = writeNumberField(bytes, p, EPOCH, reply.epoch);
  if (error !== undefined) p = writeBytesField(bytes, p, ERROR, error);
  p = writeNumberField(bytes, p, ON_BULK, reply.onBulk ? 1 : 0);
  return closeMessage(bytes, lengthAt, roomBytes, p);
}

/** Reads the reply between the reader's position and `end`. Payload and error share the frame's memory. */
export function readReply(reader: WireReader, end: number): LinkReply {
  let seq = 0;
  let typeUrl = "";
  let bytes: Buffer | undefined;
  let epoch = 0;
  let error: Buffer | undefined;
  let onBulk = false;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === SEQ) seq = reader.uint32(end);
    else if (tag === PAYLOAD_TYPE) typeUrl = reader.string(end);
    else if (tag === PAYLOAD) bytes = reader.subarray(end);
    else if (tag === EPOCH) epoch = reader.uint64(end);
    else if (tag === ERROR) error = reader.subarray(end);
    else if (tag === ON_BULK) onBulk = reader.bool(end);
    else reader.skip(tag, end);
  }
  return { seq, payload: bytes === undefined ? undefined : { typeUrl, bytes }, epoch, error, onBulk };
}
