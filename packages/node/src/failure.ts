import { type ErrorCode, GoverseError } from "@goverse/core";
import type { Turn } from "./turn.ts";

/*
 * What the caller learns when a method throws. The rule:
 *
 * - what this turn's `ctx.fail` made stays `DECLARED`;
 * - an uncaught failure of a call to another object is never passed on as it is, because its code speaks of that other call. One that
 *   did not start, or whose outcome is unknown, leaves this turn half done: `UNKNOWN_OUTCOME`, which repeatable methods may answer by
 *   another attempt. One that ran out of time is `DEADLINE_EXCEEDED`. Somebody else's `DECLARED` is nothing this contract declares;
 * - everything else is `INTERNAL`. Its detail stays in the log.
 */

/** Codes of a nested call that say: nothing is wrong with the request, the cluster was in the middle of something. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["NOT_OWNER", "UNAVAILABLE", "UNKNOWN_OUTCOME"]);

/** Which turn declared which failure. By identity, because a callee's failure looks the same. */
const declaredBy = new WeakMap<object, Turn>();

/** Remembers that `error` was made by the turn's own `ctx.fail`. */
export function declare(error: GoverseError, turn: Turn): void {
  declaredBy.set(error, turn);
}

/** The answer to the caller of a method that threw `thrown`, which may be anything. Never throws. */
export function failureOf(thrown: unknown, turn: Turn): GoverseError {
  const { label } = turn.method;
  const details = { callId: turn.callId };
  const options = { cause: thrown };
  const error = asGoverseError(thrown);
  if (error !== undefined && declaredBy.get(error) === turn) return error;
  const code = error === undefined ? undefined : codeOf(error);
  if (code === "DEADLINE_EXCEEDED") {
    return new GoverseError(code, `${label} ran out of time while it waited for another object`, details, options);
  }
  if (code !== undefined && PASSING.has(code)) {
    const message = `${label} was left half done by a call to another object (${code})`;
    return new GoverseError("UNKNOWN_OUTCOME", message, details, options);
  }
  return new GoverseError("INTERNAL", `${label} failed; call ${turn.callId} in the log says why`, details, options);
}

/** Longest description of a failure in the log, in characters: a deep stack fits, a value that prints megabytes does not. */
const MAX_DESCRIPTION = 4_000;

/** Describes any thrown value for the log. Never throws, whatever its getters do. */
export function describe(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? describeError(thrown) : `${typeof thrown} thrown: ${String(thrown)}`;
    return text.slice(0, MAX_DESCRIPTION);
  } catch {
    return "a value that cannot be described";
  }
}

function describeError(error: Error): string {
  const text = typeof error.stack === "string" ? error.stack : `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${text}\ncaused by ${String(error.cause.stack)}` : text;
}

function asGoverseError(thrown: unknown): GoverseError | undefined {
  try {
    return thrown instanceof GoverseError ? thrown : undefined;
  } catch {
    // A proxy or a getter that throws when it is looked at.
    return undefined;
  }
}

function codeOf(error: GoverseError): ErrorCode | undefined {
  try {
    return error.code;
  } catch {
    return undefined;
  }
}
