import { GoverseError } from "@goverse/core";

/** How long a call may take when its caller says nothing, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/**
 * Longest time any call may take, in milliseconds: what a caller asks beyond that is cut. A gate that waits for ever for a caller
 * who forgot about it fills up with such calls.
 */
export const MAX_TIMEOUT_MS = 300_000;

/**
 * The time a call gets, in milliseconds.
 * @param askedMs What the caller asked for; `undefined` for the default.
 * @throws GoverseError `DEADLINE_EXCEEDED` when it has passed already.
 */
export function timeoutFor(askedMs: number | undefined): number {
  if (askedMs === undefined || Number.isNaN(askedMs)) return DEFAULT_TIMEOUT_MS;
  if (askedMs <= 0) throw new GoverseError("DEADLINE_EXCEEDED", "the deadline had passed when the call arrived");
  return Math.min(askedMs, MAX_TIMEOUT_MS);
}
