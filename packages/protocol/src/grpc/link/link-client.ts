import { randomUUID } from "node:crypto";
import { type ChannelOptions, Client, credentials } from "@grpc/grpc-js";
import { type Address, type Clock, GoverseError, systemClock } from "@goverse/core";
import { decodeErrorStatus } from "../../error-status.ts";
import { channelOptions, MAX_MESSAGE_BYTES } from "../channel-options.ts";
import type { PeerCall, PeerCallOptions, PeerReply } from "../peer-call.ts";
import { callRoom } from "./call-codec.ts";
import type { LinkIdentity } from "./hello.ts";
import { costOf, MAX_SMALL_BYTES } from "./limits.ts";
import { LinkLane } from "./link-lane.ts";
import { type PendingCall, PendingCalls } from "./pending-calls.ts";
import type { LinkReply } from "./reply-codec.ts";

/** How long a peer that offers no links is called without asking it again, in milliseconds: it may be updated meanwhile. */
const UNSUPPORTED_FOR_MS = 60_000;
/** Longest remaining time that a call can name, in milliseconds. */
const MAX_REMAINING_MS = 0xffff_ffff;

/** How a {@link LinkClient} behaves. */
export interface LinkClientOptions {
  readonly identity: LinkIdentity;
  /** How calls go that no link can take: to peers that offer none, and too long for one frame. */
  readonly unary: (call: PeerCall, options: PeerCallOptions) => Promise<PeerReply>;
  /** Longest message, in bytes. Default {@link MAX_MESSAGE_BYTES}. */
  readonly maxMessageBytes?: number | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Instead of what {@link channelOptions} says, for tests. */
  readonly channel?: ChannelOptions | undefined;
}

/**
 * Calls to one peer over links: one for small messages, and beside it one for large ones, opened when the first comes. They come back by
 * themselves. While the peer is away calls fail with `UNAVAILABLE`, so that the router can look again where to go.
 */
export class LinkClient {
  readonly #options: LinkClientOptions;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #pending: PendingCalls;
  readonly #small: LinkLane;
  readonly #bulk: LinkLane;
  #unsupportedUntilMs = 0;
  #closed = false;

  constructor(address: Address, options: LinkClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#pending = new PendingCalls(this.#clock, (call) => this.#laneOf(call).forget(call));
    const session = randomUUID();
    const lane = (bulk: boolean): LinkLane =>
      new LinkLane({
        connect: () => this.#connect(address),
        peer: address,
        identity: options.identity,
        bulk,
        session,
        maxMessageBytes: this.#maxBytes,
        pending: this.#pending,
        onReply: this.#onReply,
        onUnsupported: () => this.#onUnsupported(bulk),
        clock: this.#clock,
        random: options.random ?? Math.random,
      });
    this.#small = lane(false);
    this.#bulk = lane(true);
  }

  /** Calls a method. Rejects with the node's own error, or with what the state of the link proves. */
  call(call: PeerCall, options: PeerCallOptions): Promise<PeerReply> {
    const { timeoutMs, signal } = options;
    if (signal?.aborted === true) return Promise.reject(new GoverseError("CANCELLED", "the caller gave the call up"));
    const nowMs = this.#clock.monotonicMs();
    if (this.#unsupportedUntilMs > nowMs || callRoom(call) > this.#maxBytes) return this.#options.unary(call, options);
    return new Promise((resolve, reject) => {
      const bulk = costOf(call) > MAX_SMALL_BYTES;
      const pending: PendingCall = {
        seq: 0,
        call,
        deadlineMs: nowMs + timeoutMs,
        remainingMs: Math.min(MAX_REMAINING_MS, Math.max(1, Math.ceil(timeoutMs))),
        repeatable: false,
        signal,
        resolve,
        reject,
        bulk,
        replyOnBulk: false,
        part: 0,
      };
      this.#pending.add(pending);
      this.#laneOf(pending).submit(pending);
    });
  }

  /** Ends the links when their last calls are done. Later calls fail with `UNAVAILABLE`. */
  close(): void {
    this.#closed = true;
    this.#small.close();
    this.#bulk.close();
  }

  #laneOf({ bulk }: PendingCall): LinkLane {
    return bulk ? this.#bulk : this.#small;
  }

  #connect(address: Address): Client {
    return new Client(`dns:${address}`, credentials.createInsecure(), {
      ...channelOptions(this.#maxBytes),
      // A link that is sent twice would be two links.
      "grpc.enable_retries": 0,
      ...this.#options.channel,
    });
  }

  readonly #onReply = (reply: LinkReply): void => {
    const { seq, payload, epoch, error, onBulk } = reply;
    if (onBulk) return this.#expectOnBulk(seq);
    // Unknown: it was given up meanwhile.
    const call = this.#pending.settle(seq);
    if (call === undefined) return;
    if (error === undefined) call.resolve({ payload, epoch });
    else call.reject(decodeErrorStatus(error) ?? unreadable(call));
    if (this.#closed) this.#closeIfDone();
  };

  #expectOnBulk(seq: number): void {
    const call = this.#pending.get(seq);
    if (call === undefined || this.#closed) return;
    call.replyOnBulk = true;
    this.#bulk.open();
  }

  #closeIfDone(): void {
    this.#small.closeIfDone();
    this.#bulk.closeIfDone();
  }

  #onUnsupported(bulk: boolean): void {
    this.#unsupportedUntilMs = this.#clock.monotonicMs() + UNSUPPORTED_FOR_MS;
    const nowMs = this.#clock.monotonicMs();
    this.#pending.handOver(
      (call) => call.bulk === bulk,
      ({ call, deadlineMs, signal }) =>
        this.#options.unary(call, { timeoutMs: Math.max(1, deadlineMs - nowMs), signal }),
    );
  }
}

function unreadable({ call }: PendingCall): GoverseError {
  return new GoverseError("UNKNOWN_OUTCOME", "the peer sent an error that cannot be read", { callId: call.callId });
}
