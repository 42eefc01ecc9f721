import { fromBinary } from "@bufbuild/protobuf";
import { type Frame, FrameSchema } from "../../gen/goverse/peer/v1/peer_pb.ts";
import { CALL_TAG, readCall, type ReceivedCall } from "./call-codec.ts";
import { type LinkReply, readReply, REPLY_TAG } from "./reply-codec.ts";
import { MalformedFrame, WireReader } from "./wire-reader.ts";

/** Longest part of a frame besides calls and replies, in bytes: a hello with all its names stays far below. */
const MAX_CONTROL_BYTES = 16 * 1024;

/** Takes what a frame holds, part by part, in the order of the wire. */
export interface FrameSink {
  readonly onCall: (call: ReceivedCall) => void;
  readonly onReply: (reply: LinkReply) => void;
  /** Everything else: a frame with one part. */
  readonly onControl: (part: Frame) => void;
}

/**
 * Reads a frame. The payloads of its calls and replies share its memory.
 * @throws MalformedFrame when it is none; what came before has been handed over then.
 */
export function readFrame(bytes: Buffer, sink: FrameSink): void {
  const reader = new WireReader(bytes);
  const end = bytes.length;
  while (reader.position < end) {
    const startsAt = reader.position;
    const tag = reader.tag(end);
    if (tag === CALL_TAG) sink.onCall(readCall(reader, reader.endOfField(end)));
    else if (tag === REPLY_TAG) sink.onReply(readReply(reader, reader.endOfField(end)));
    else {
      reader.skip(tag, end);
      sink.onControl(decodePart(bytes.subarray(startsAt, reader.position)));
    }
  }
}

function decodePart(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_CONTROL_BYTES) throw new MalformedFrame(`a part of ${bytes.length} bytes is too long`);
  try {
    return fromBinary(FrameSchema, bytes);
  } catch (error) {
    throw new MalformedFrame("a part cannot be read", { cause: error });
  }
}
