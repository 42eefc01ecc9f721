import type { ByteString } from "./byte-string.ts";

/** The lease number that means "no lease". */
export const NO_LEASE = 0n;

/**
 * One version of a key. Revisions and versions are numbers (a store would have to live for centuries to reach 2^53); lease
 * numbers are `bigint`, because clients choose them freely among 64 bits.
 */
export interface KeyValue {
  readonly key: ByteString;
  readonly value: ByteString;
  /** Revision that created the key; 0 marks a tombstone, the version left by a deletion. */
  readonly createRevision: number;
  /** Revision that wrote this version. */
  readonly modRevision: number;
  /** Number of writes since the key was created, starting at 1; 0 in a tombstone. */
  readonly version: number;
  readonly lease: bigint;
}

/** Whether this version says that the key was deleted. */
export function isTombstone(version: KeyValue): boolean {
  return version.createRevision === 0;
}

/** The version a deletion leaves, which is also what etcd sends as the `kv` of a delete event. */
export function tombstone(key: ByteString, modRevision: number): KeyValue {
  return { key, value: "", createRevision: 0, modRevision, version: 0, lease: NO_LEASE };
}
