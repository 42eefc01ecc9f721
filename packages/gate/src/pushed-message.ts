import type { Payload } from "@goverse/core";

/** Envelope of a message beside its payload, in bytes: keys, lengths and frame. An empty message is not free either. */
const OVERHEAD_BYTES = 64;

/**
 * One message on its way to any number of clients. Its text for event streams is made at most once, when the first client needs it:
 * a broadcast to ten thousand browsers is encoded once.
 */
export class PushedMessage {
  /** The message as it came: what gRPC clients get. */
  readonly payload: Payload;
  /** What it counts for in a client's queue, in bytes. */
  readonly sizeBytes: number;
  readonly #encode: (payload: Payload) => string;
  #eventFrame: Buffer | undefined;

  /** @param encode Writes the frame of an event stream. */
  constructor(payload: Payload, encode: (payload: Payload) => string) {
    this.payload = payload;
    this.sizeBytes = payload.bytes.length + payload.typeUrl.length + OVERHEAD_BYTES;
    this.#encode = encode;
  }

  /** The message as a frame of an event stream (`text/event-stream`). */
  get eventFrame(): Buffer {
    this.#eventFrame ??= Buffer.from(this.#encode(this.payload));
    return this.#eventFrame;
  }
}
