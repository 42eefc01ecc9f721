import { type Clock, GoverseError } from "@goverse/core";
import type { PeerCall, PeerReply } from "../peer-call.ts";
import type { CallEnvelope } from "./call-codec.ts";

/** How often deadlines and given-up calls are looked for, in milliseconds: a timer and a listener per call would cost more than the call. */
const SWEEP_MS = 20;

/** A call that has no answer yet. */
export interface PendingCall extends CallEnvelope {
  /** Given anew when the call is sent: on the wire numbers grow. */
  seq: number;
  readonly call: PeerCall;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (reply: PeerReply | Promise<PeerReply>) => void;
  readonly reject: (error: GoverseError) => void;
  /** Whether it goes over the bulk link. */
  readonly bulk: boolean;
  /** Whether its reply comes over the bulk link although it did not go there. */
  replyOnBulk: boolean;
  /** Number of its part in the link's buffer; 0 while it waits for the link or for room. */
  part: number;
}

/** The calls of a process to one peer that have no answer yet, by number. */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCall>();
  readonly #clock: Clock;
  readonly #onGivenUp: (call: PendingCall) => void;
  #sweeping = false;
  #last = 0;

  /** @param onGivenUp Hears of calls whose caller gave them up, after they were rejected. */
  constructor(clock: Clock, onGivenUp: (call: PendingCall) => void) {
    this.#clock = clock;
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#calls.size;
  }

  add(call: PendingCall): void {
    this.renumber(call);
    if (!this.#sweeping) this.#sweepLater();
  }

  /** Gives a call the next number that no pending call has: 0 is none, and after the largest they start again. */
  renumber(call: PendingCall): void {
    if (this.#calls.get(call.seq) === call) this.#calls.delete(call.seq);
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#last === 0 || this.#calls.has(this.#last));
    call.seq = this.#last;
    this.#calls.set(call.seq, call);
  }

  get(seq: number): PendingCall | undefined {
    return this.#calls.get(seq);
  }

  some(which: (call: PendingCall) => boolean): boolean {
    for (const call of this.#calls.values()) if (which(call)) return true;
    return false;
  }

  /** Removes a call that has its answer. */
  settle(seq: number): PendingCall | undefined {
    const call = this.#calls.get(seq);
    if (call !== undefined) this.#calls.delete(seq);
    return call;
  }

  /** Removes and fails calls. */
  fail(which: (call: PendingCall) => boolean, errorOf: (call: PendingCall) => GoverseError): void {
    for (const call of this.#calls.values()) {
      if (!which(call)) continue;
      this.#calls.delete(call.seq);
      call.reject(errorOf(call));
    }
  }

  /** Removes calls and lets them have their answers another way. */
  handOver(which: (call: PendingCall) => boolean, answer: (call: PendingCall) => Promise<PeerReply>): void {
    for (const call of this.#calls.values()) {
      if (!which(call)) continue;
      this.#calls.delete(call.seq);
      call.resolve(answer(call));
    }
  }

  #sweepLater(): void {
    this.#sweeping = true;
    this.#clock.setTimer(SWEEP_MS, this.#look);
  }

  readonly #look = (): void => {
    const nowMs = this.#clock.monotonicMs();
    for (const call of this.#calls.values()) {
      const cancelled = call.signal?.aborted === true;
      if (!cancelled && nowMs < call.deadlineMs) continue;
      this.#calls.delete(call.seq);
      call.reject(
        cancelled
          ? new GoverseError("CANCELLED", "the caller gave the call up")
          : new GoverseError("DEADLINE_EXCEEDED", "the deadline passed before the reply came", {
              callId: call.call.callId,
            }),
      );
      this.#onGivenUp(call);
    }
    this.#sweeping = false;
    if (this.#calls.size > 0) this.#sweepLater();
  };
}
