import { GoverseError } from "@goverse/core";

/**
 * Longest time a call may take, in milliseconds; what a caller asks beyond that is cut. A node that works for a caller who forgot
 * about it for ever fills up with such calls.
 */
const MAX_CALL_TIMEOUT_MS = 300_000;
/** Longest id of a call, in characters: ours have 36, and other systems' trace ids 64. */
export const MAX_CALL_ID_LENGTH = 128;
/** Longest id of a turn in a chain, in characters: two numbers, a type of 100 and an object id of 255. */
export const MAX_TURN_ID_LENGTH = 512;
/** Longest client id, in characters: the longest address and a unique part. */
export const MAX_CLIENT_ID_LENGTH = 512;
/** Longest name of a type or a method, in characters. A contract's names have at most 100, so nothing real is refused. */
export const MAX_NAME_LENGTH = 200;
/** Most objects that one `ListObjects` answers: with the longest names they fill the 4 MiB that clients accept by default. */
export const MAX_LISTED_OBJECTS = 10_000;

/**
 * The time that a call gets here.
 * @param askedMs What its caller has left, in milliseconds; `undefined` when it named no deadline.
 * @param defaultMs What a call without deadline gets.
 * @throws GoverseError `DEADLINE_EXCEEDED` when nothing is left.
 */
export function callTimeoutMs(askedMs: number | undefined, defaultMs: number): number {
  if (askedMs === undefined) return defaultMs;
  if (askedMs <= 0) throw new GoverseError("DEADLINE_EXCEEDED", "the deadline had passed when the call arrived");
  return Math.min(askedMs, MAX_CALL_TIMEOUT_MS);
}
