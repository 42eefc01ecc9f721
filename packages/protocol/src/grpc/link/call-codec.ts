import type { PeerCall } from "../peer-call.ts";
import type { WireReader } from "./wire-reader.ts";
import {
  closeMessage,
  writeBytesField,
  writeNumberField,
  writeString,
  writeStringField,
  writeVarint,
} from "./wire-writer.ts";

/** A call as it came over a link. */
export interface ReceivedCall extends PeerCall {
  readonly seq: number;
  readonly chain: readonly string[];
  /** Time the caller is still willing to wait, in milliseconds; 0 when it names none. */
  readonly remainingMs: number;
  /** Whether the call may be sent again when nobody knows if it ran. */
  readonly repeatable: boolean;
}

/** What a link adds to a call on its way. */
export interface CallEnvelope {
  readonly seq: number;
  readonly remainingMs: number;
  readonly repeatable: boolean;
}

/** Field 1 of a frame, with a length. */
export const CALL_TAG = 0x0a;

// Field number times 8, and 2 for what has a length.
const SEQ = 0x08;
const CALL_ID = 0x12;
const TYPE = 0x1a;
const ID = 0x22;
const METHOD = 0x2a;
const PAYLOAD_TYPE = 0x32;
const PAYLOAD = 0x3a;
const CLIENT_ID = 0x42;
const CHAIN = 0x4a;
const CALLER_SHARD = 0x50;
const CALLER_EPOCH = 0x58;
const REMAINING_MS = 0x60;
const REPEATABLE = 0x68;

const NO_CHAIN: readonly string[] = [];

/** Most bytes of a call besides its strings and its payload: tags, lengths and numbers. */
const FIXED_BYTES = 96;
/** The same for one turn of the chain. */
const FIXED_TURN_BYTES = 6;
/** Most bytes that one UTF-16 unit takes. */
const MAX_UNIT_BYTES = 3;

/** Room that a call may take at most in a frame, in bytes. */
export function callRoom(call: PeerCall): number {
  const { callId, type, id, method, payload, clientId, chain } = call;
  let units = callId.length + type.length + id.length + method.length;
  if (clientId !== undefined) units += clientId.length;
  let room = FIXED_BYTES;
  if (payload !== undefined) {
    units += payload.typeUrl.length;
    room += payload.bytes.length;
  }
  if (chain !== undefined) {
    for (const turn of chain) {
      units += turn.length;
      room += FIXED_TURN_BYTES;
    }
  }
  return room + units * MAX_UNIT_BYTES;
}

/**
 * Writes a call as an element of a frame's `calls`, byte for byte like the generated code. There must be {@link callRoom}.
 * @returns Where it ends.
 */
export function writeCall(bytes: Buffer, at: number, call: PeerCall, envelope: CallEnvelope): number {
  const { payload, clientId, chain, caller } = call;
  bytes[at] = CALL_TAG;
  // Nearly all calls are longer than 127 bytes and shorter than 16,384.
  const roomBytes = 2;
  const lengthAt = at + 1;
  let p = lengthAt + roomBytes;
  p = writeNumberField(bytes, p, SEQ, envelope.seq);
  p = writeStringField(bytes, p, CALL_ID, call.callId);
  p = writeStringField(bytes, p, TYPE, call.type);
  p = writeStringField(bytes, p, ID, call.id);
  p = writeStringField(bytes, p, METHOD, call.method);
  if (payload !== undefined) {
    p = writeStringField(bytes, p, PAYLOAD_TYPE, payload.typeUrl);
    p = writeBytesField(bytes, p, PAYLOAD, payload.bytes);
  }
  if (clientId !== undefined) p = writeStringField(bytes, p, CLIENT_ID, clientId);
  if (chain !== undefined) for (const turn of chain) p = writeString(bytes, p, CHAIN, turn);
  if (caller !== undefined) {
    bytes[p] = CALLER_SHARD;
    p = writeVarint(bytes, p + 1, caller.shard);
    p = writeNumberField(bytes, p, CALLER_EPOCH, caller.epoch);
  }
  p = writeNumberField(bytes, p, REMAINING_MS, envelope.remainingMs);
  p = writeNumberField(bytes, p, REPEATABLE, envelope.repeatable ? 1 : 0);
  return closeMessage(bytes, lengthAt, roomBytes, p);
}

/** Reads the call between the reader's position and `end`. Its payload shares the frame's memory. */
export function readCall(reader: WireReader, end: number): ReceivedCall {
  let seq = 0;
  let callId = "";
  let type = "";
  let id = "";
  let method = "";
  let typeUrl = "";
  let bytes: Buffer | undefined;
  let clientId: string | undefined;
  let chain: string[] | undefined;
  let shard = -1;
  let epoch = 0;
  let remainingMs = 0;
  let repeatable = false;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === SEQ) seq = reader.uint32(end);
    else if (tag === CALL_ID) callId = reader.string(end);
    else if (tag === TYPE) type = reader.string(end);
    else if (tag === ID) id = reader.string(end);
    else if (tag === METHOD) method = reader.string(end);
    else if (tag === PAYLOAD_TYPE) typeUrl = reader.string(end);
    else if (tag === PAYLOAD) bytes = reader.subarray(end);
    else if (tag === CLIENT_ID) clientId = reader.string(end) || undefined;
    else if (tag === CHAIN) (chain ??= []).push(reader.string(end));
    else if (tag === CALLER_SHARD) shard = reader.uint32(end);
    else if (tag === CALLER_EPOCH) epoch = reader.uint64(end);
    else if (tag === REMAINING_MS) remainingMs = reader.uint32(end);
    else if (tag === REPEATABLE) repeatable = reader.bool(end);
    else reader.skip(tag, end);
  }
  const payload = bytes === undefined ? undefined : { typeUrl, bytes };
  const caller = shard === -1 ? undefined : { shard, epoch };
  return {
    seq,
    callId,
    type,
    id,
    method,
    payload,
    clientId,
    chain: chain ?? NO_CHAIN,
    caller,
    remainingMs,
    repeatable,
  };
}
