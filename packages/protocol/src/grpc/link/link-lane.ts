import { type Client } from "@grpc/grpc-js";
import { type Clock, GoverseError, type Timer } from "@goverse/core";
import { DialledLink, type DialledLinkOptions } from "./dialled-link.ts";
import { BULK_WAITING, costOf, RECORD_BYTES, SMALL_WAITING, type WaitingLimits } from "./limits.ts";
import type { PendingCall, PendingCalls } from "./pending-calls.ts";
import type { LinkReply } from "./reply-codec.ts";

/** First and longest pause before a link is dialled again, in milliseconds: a fail-over must not wait for it. */
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1000;

/** Given-up calls that make it worth to clear the queue of them: looking at all of it for each call that is refused would be slow. */
const MIN_CLEARED_CALLS = 1024;

/** What a lane needs from around it. */
export interface LinkLaneOptions extends Omit<DialledLinkOptions, "client"> {
  readonly connect: () => Client;
  readonly pending: PendingCalls;
  readonly onReply: (reply: LinkReply) => void;
  /** The peer does not offer links; nothing was sent to it. */
  readonly onUnsupported: () => void;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

type State = "idle" | "connecting" | "open" | "leaving" | "pausing" | "closed";

/** The link for small messages to a peer, or the one for large ones: dialled with the first call, and again by itself when it is lost. */
export class LinkLane {
  readonly #options: LinkLaneOptions;
  readonly #limits: WaitingLimits;
  #client: Client | undefined;
  #link: DialledLink | undefined;
  #state: State = "idle";
  #waiting: PendingCall[] = [];
  #waitingBytes = 0;
  /** How many of those that wait were given up since the queue was cleared of such. */
  #abandoned = 0;
  #failures = 0;
  #retry: Timer | undefined;
  /** Why there is no link now, for messages. */
  #trouble = "";

  constructor(options: LinkLaneOptions) {
    this.#options = options;
    this.#limits = options.bulk ? BULK_WAITING : SMALL_WAITING;
  }

  /** Sends a pending call, or lets it wait for the link or for room. Rejects it when there is neither. */
  submit(call: PendingCall): void {
    this.open();
    const link = this.#link;
    if (this.#state === "open" && link !== undefined) {
      // Of the others what is written is bounded by their credits.
      if (isNested(call) && link.isBehind(this.#limits)) return this.#refuse(call);
      if (this.#waiting.length === 0 || isNested(call)) {
        if (link.admit(call)) return this.#send(link, call);
      }
    } else if (this.#state !== "connecting") return this.#reject(call, this.#noLink());
    if (!this.#mayWait(call)) return this.#refuse(call);
    this.#waiting.push(call);
    this.#waitingBytes += weightOf(call);
  }

  /** Dials, unless that has been done. */
  open(): void {
    if (this.#state === "idle") this.#dial();
  }

  /** A call was given up by its caller. */
  forget(call: PendingCall): void {
    if (call.part === 0) this.#abandoned += 1;
    else this.#link?.cancel(call.seq);
    this.closeIfDone();
  }

  /** Ends the link when its last call has been answered. Takes no more calls. */
  close(): void {
    if (this.#state === "closed") return;
    const wasOpen = this.#state === "open" || this.#state === "leaving";
    this.#state = "closed";
    this.#trouble = "the connection is closed";
    this.#retry?.cancel();
    for (const call of this.#takeWaiting()) this.#reject(call, this.#noLink());
    if (wasOpen) this.closeIfDone();
    else this.#finish();
  }

  /** Called when a call has been settled: the last one ends a link that is closing. */
  closeIfDone(): void {
    if (this.#state !== "closed" || this.#link === undefined) return;
    const { pending, bulk } = this.#options;
    if (pending.some((call) => call.bulk === bulk || (bulk && call.replyOnBulk))) return;
    this.#finish();
  }

  #finish(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.abort();
    this.#client?.close();
  }

  #dial(): void {
    const { connect, pending, bulk } = this.#options;
    this.#state = "connecting";
    this.#client ??= connect();
    const link: DialledLink = new DialledLink(
      { ...this.#options, client: this.#client },
      {
        onOpen: () => this.#onOpen(link),
        onReply: this.#options.onReply,
        onCredits: () => this.#sendWaiting(link),
        onGoAway: (lastSeq, reason) => {
          this.#trouble = reason;
          if (this.#state === "open") this.#state = "leaving";
          const gone = new GoverseError("UNAVAILABLE", `${this.#options.peer}: ${reason}`);
          pending.fail(
            (call) => call.bulk === bulk && (call.part === 0 || isAfter(call.seq, lastSeq)),
            () => gone,
          );
          this.#takeWaiting();
        },
        onEnd: (reason, unsupported) => this.#onEnd(link, reason, unsupported),
      },
    );
    this.#link = link;
  }

  #onOpen(link: DialledLink): void {
    if (this.#state !== "connecting") return;
    this.#state = "open";
    this.#failures = 0;
    const waiting = this.#takeWaiting();
    for (const call of waiting) if (isNested(call)) this.#sendPending(link, call);
    this.#waiting = waiting.filter((call) => !isNested(call));
    for (const call of this.#waiting) this.#waitingBytes += weightOf(call);
    this.#sendWaiting(link);
  }

  #sendWaiting(link: DialledLink): void {
    let sent = 0;
    for (const call of this.#waiting) {
      // A call that was given up meanwhile needs no room.
      if (this.#isPending(call)) {
        if (!link.admit(call)) break;
        this.#send(link, call);
      }
      this.#waitingBytes -= weightOf(call);
      sent += 1;
    }
    if (sent > 0) this.#waiting.splice(0, sent);
  }

  #sendPending(link: DialledLink, call: PendingCall): void {
    if (this.#isPending(call)) this.#send(link, call);
  }

  #send(link: DialledLink, call: PendingCall): void {
    this.#options.pending.renumber(call);
    link.send(call);
  }

  #isPending(call: PendingCall): boolean {
    return this.#options.pending.get(call.seq) === call;
  }

  #mayWait(call: PendingCall): boolean {
    if (this.#waitingBytes >= this.#limits.bytes / 2 && this.#abandoned >= MIN_CLEARED_CALLS) {
      this.#abandoned = 0;
      this.#waiting = this.#waiting.filter((waiting) => this.#isPending(waiting));
      this.#waitingBytes = this.#waiting.reduce((sum, waiting) => sum + weightOf(waiting), 0);
    }
    const { calls, bytes } = this.#limits;
    return this.#waiting.length < calls && this.#waitingBytes + weightOf(call) <= bytes;
  }

  #takeWaiting(): PendingCall[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#abandoned = 0;
    return waiting;
  }

  #onEnd(link: DialledLink, reason: GoverseError, unsupported: boolean): void {
    const { pending, bulk, clock, random } = this.#options;
    if (this.#link === link) this.#link = undefined;
    this.#trouble = reason.message;
    this.#takeWaiting();
    if (this.#state !== "closed") this.#state = unsupported ? "idle" : "pausing";
    if (unsupported) this.#options.onUnsupported();
    pending.fail(
      (call) => call.bulk === bulk || (bulk && call.replyOnBulk),
      (call) => lostError(call, link, reason),
    );
    if (this.#state === "closed") return this.#client?.close();
    if (this.#state !== "pausing") return;
    const ceilingMs = Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const pauseMs = MIN_PAUSE_MS + random() * (ceilingMs - MIN_PAUSE_MS);
    this.#retry = clock.setTimer(pauseMs, () => {
      if (this.#state === "pausing") this.#dial();
    });
  }

  #noLink(): GoverseError {
    return new GoverseError("UNAVAILABLE", `${this.#options.peer}: ${this.#trouble}`);
  }

  #refuse(call: PendingCall): void {
    const message = `as much as may wait for the link to ${this.#options.peer} does; try later`;
    this.#reject(call, new GoverseError("RESOURCE_EXHAUSTED", message));
  }

  #reject(call: PendingCall, error: GoverseError): void {
    this.#options.pending.settle(call.seq);
    call.reject(error);
  }
}

/** What the caller of a lost call learns: only what never left is safe to send again. */
function lostError(call: PendingCall, link: DialledLink, reason: GoverseError): GoverseError {
  if (!call.replyOnBulk && !link.mayHaveLeft(call)) return new GoverseError("UNAVAILABLE", reason.message);
  const message = `the link was lost before the reply came: ${reason.message}`;
  return new GoverseError("UNKNOWN_OUTCOME", message, { callId: call.call.callId }, { cause: reason });
}

function isNested({ call }: PendingCall): boolean {
  return call.chain !== undefined && call.chain.length > 0;
}

function weightOf({ call }: PendingCall): number {
  return RECORD_BYTES + costOf(call);
}

/** Whether a number was given after another. They start again after the largest. */
function isAfter(seq: number, other: number): boolean {
  return ((seq - other) | 0) > 0;
}
