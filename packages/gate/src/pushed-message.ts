import type { Payload } from "@goverse/core";
import { payloadToAny } from "@goverse/protocol";

/** Envelope of a message beside its payload, in bytes: keys, lengths and frame. An empty message is not free either. */
const OVERHEAD_BYTES = 64;

/** A message as gRPC sends it. */
export type PushedAny = NonNullable<ReturnType<typeof payloadToAny>>;

/**
 * One message on its way to any number of clients. Each form of it is made at most once, when the first client needs it: a broadcast
 * to ten thousand browsers is encoded once.
 */
export class PushedMessage {
  /** What it counts for in a client's queue, in bytes. */
  readonly sizeBytes: number;
  readonly #payload: Payload;
  readonly #encode: (payload: Payload) => string;
  #any: PushedAny | undefined;
  #eventFrame: Buffer | undefined;

  /** @param encode Writes the frame of an event stream. */
  constructor(payload: Payload, encode: (payload: Payload) => string) {
    this.sizeBytes = payload.bytes.length + payload.typeUrl.length + OVERHEAD_BYTES;
    this.#payload = payload;
    this.#encode = encode;
  }

  /** The message as it came: what gRPC clients get. */
  get any(): PushedAny {
    this.#any ??= payloadToAny(this.#payload);
    return this.#any;
  }

  /** The message as a frame of an event stream (`text/event-stream`). */
  get eventFrame(): Buffer {
    this.#eventFrame ??= Buffer.from(this.#encode(this.#payload));
    return this.#eventFrame;
  }
}
