import type { ByteString } from "./byte-string.ts";

/** A set of keys: one key, `[start, end)`, or everything from `start` on. Empty when `end` does not lie after `start`. */
export interface KeyRange {
  readonly start: ByteString;
  /** First key after the range; `undefined` for a range without an upper bound. */
  readonly end: ByteString | undefined;
  /** Whether the range is the single key `start`; `end` then has no meaning. */
  readonly single: boolean;
}

/** etcd's way to write ranges: no `rangeEnd` means one key, the byte zero means "to the last key". */
export function keyRange(key: ByteString, rangeEnd: ByteString | undefined): KeyRange {
  if (rangeEnd === undefined || rangeEnd === "") return { start: key, end: undefined, single: true };
  return { start: key, end: rangeEnd === "\0" ? undefined : rangeEnd, single: false };
}

/** Whether `key` lies in `range`. */
export function rangeContains(range: KeyRange, key: ByteString): boolean {
  if (range.single) return key === range.start;
  return key >= range.start && (range.end === undefined || key < range.end);
}
