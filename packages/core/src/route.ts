import type { Address } from "./address.ts";
import { GoverseError } from "./errors.ts";
import { type Clock, sleep } from "./ports/clock.ts";

/** Where a call should go now; without an owner, why there is none. */
export type RouteTarget = { readonly owner: Address } | { readonly owner: undefined; readonly reason: string };

/** One call on its way to whoever owns the object. */
export interface RoutedCall<Reply> {
  /** Looks the owner up in the freshest map. Called before every attempt. */
  readonly locate: () => RouteTarget;
  /** Sends the call once. Its errors decide whether there is another attempt. */
  readonly send: (owner: Address, remainingMs: number) => Promise<Reply>;
  /** When to give up, on `clock`'s monotonic time. */
  readonly deadlineMs: number;
  /** Whether the call may be sent again when nobody knows if it ran. */
  readonly repeatable: boolean;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Shortest pause between attempts, in milliseconds: a shard that changes hands is usually back sooner than a person notices. */
export const MIN_RETRY_PAUSE_MS = 5;
/** Longest pause, in milliseconds: after a node died everybody waits for its lease, and 10 look-ups a second per call are enough. */
export const MAX_RETRY_PAUSE_MS = 100;

/**
 * Callers wait, they do not fail: attempts the call until somebody who owns the object has taken it, or the deadline passes. Only
 * what provably did not start is sent again, and besides it `repeatable` calls of unknown outcome.
 * @throws GoverseError the last refusal when the deadline passes, `CANCELLED` when `signal` aborts between attempts.
 */
export async function routeCall<Reply>(call: RoutedCall<Reply>): Promise<Reply> {
  for (let attempt = 0; ; attempt += 1) {
    if (call.signal?.aborted === true) throw new GoverseError("CANCELLED", "the caller gave the call up");
    let refusal: GoverseError;
    try {
      return await sendOnce(call);
    } catch (thrown) {
      refusal = GoverseError.from(thrown);
      if (!refusal.notStarted && !(refusal.code === "UNKNOWN_OUTCOME" && call.repeatable)) throw refusal;
    }
    const pauseMs = retryPauseMs(attempt, call.random());
    if (call.clock.monotonicMs() + pauseMs >= call.deadlineMs) throw refusal;
    await sleep(call.clock, pauseMs);
  }
}

/** Pause before attempt `attempt + 1`: full jitter under a doubling ceiling, so that waiting callers do not arrive together. */
export function retryPauseMs(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_RETRY_PAUSE_MS, MIN_RETRY_PAUSE_MS * 2 ** Math.min(attempt + 1, 10));
  return MIN_RETRY_PAUSE_MS + random * (ceiling - MIN_RETRY_PAUSE_MS);
}

/** Not asynchronous itself: most calls stay in the process and succeed, and another promise would be a part of their cost. */
function sendOnce<Reply>(call: RoutedCall<Reply>): Promise<Reply> {
  const target = call.locate();
  if (target.owner === undefined) throw new GoverseError("UNAVAILABLE", target.reason);
  const remainingMs = call.deadlineMs - call.clock.monotonicMs();
  if (remainingMs <= 0) throw new GoverseError("DEADLINE_EXCEEDED", "the deadline passed before the call was sent");
  return call.send(target.owner, remainingMs);
}
