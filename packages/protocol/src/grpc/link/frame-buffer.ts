import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FrameSchema } from "../../gen/goverse/peer/v1/peer_pb.ts";
import type { PeerCall } from "../peer-call.ts";
import { type CallEnvelope, callRoom, writeCall } from "./call-codec.ts";
import { type LinkReply, replyRoom, writeReply } from "./reply-codec.ts";

/** Memory that is taken at a time, in bytes: some hundred calls. */
const BLOCK_BYTES = 64 * 1024;
/** Length past which a frame is complete, in bytes: longer ones save nothing, and hold up the reader. */
const FULL_FRAME_BYTES = 64 * 1024;

interface Sealed {
  readonly bytes: Buffer;
  /** Parts that had been added when it was complete. */
  readonly added: number;
}

/** What is to be sent, written as frames already. Frames are concatenations of their parts, so each part is just added. */
export class FrameBuffer {
  readonly #fullBytes: number;
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** Begin and end of the unfinished frame in the block. */
  #start = 0;
  #end = 0;
  readonly #sealed: Sealed[] = [];
  #sealedBytes = 0;
  #added = 0;
  #taken = 0;

  /** @param maxMessageBytes Longest message that the other end takes. A single part may still be longer: who adds it looks first. */
  constructor(maxMessageBytes: number = FULL_FRAME_BYTES) {
    this.#fullBytes = Math.min(FULL_FRAME_BYTES, maxMessageBytes);
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#sealedBytes + this.#end - this.#start;
  }

  /** Parts that have been added so far; the newest one has this number. */
  get added(): number {
    return this.#added;
  }

  /** Number of the newest part that has been taken. */
  get taken(): number {
    return this.#taken;
  }

  addCall(call: PeerCall, envelope: CallEnvelope): void {
    this.#makeRoom(callRoom(call));
    this.#end = writeCall(this.#block, this.#end, call, envelope);
    this.#complete();
  }

  addReply(reply: LinkReply): void {
    this.#makeRoom(replyRoom(reply));
    this.#end = writeReply(this.#block, this.#end, reply);
    this.#complete();
  }

  /** Adds the rarer parts. */
  addControl(part: MessageInitShape<typeof FrameSchema>): void {
    const bytes = toBinary(FrameSchema, create(FrameSchema, part));
    this.#makeRoom(bytes.length);
    this.#block.set(bytes, this.#end);
    this.#end += bytes.length;
    this.#complete();
  }

  /** The next frame; `undefined` when nothing waits. Its memory is not used again. */
  take(): Buffer | undefined {
    if (this.#sealed.length === 0) this.#seal();
    const frame = this.#sealed.shift();
    if (frame === undefined) return undefined;
    this.#sealedBytes -= frame.bytes.length;
    this.#taken = frame.added;
    return frame.bytes;
  }

  #complete(): void {
    this.#added += 1;
    if (this.#end - this.#start >= this.#fullBytes) this.#seal();
  }

  #seal(): void {
    if (this.#end === this.#start) return;
    const bytes = this.#block.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#sealedBytes += bytes.length;
    this.#sealed.push({ bytes, added: this.#added });
  }

  #makeRoom(bytes: number): void {
    if (this.#end - this.#start + bytes > this.#fullBytes) this.#seal();
    if (bytes <= this.#block.length - this.#end) return;
    // What is in the old block leaves as it is, instead of being copied.
    this.#seal();
    this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
    this.#start = 0;
    this.#end = 0;
  }
}
