/**
 * What this package needs of etcd, in its own words: nothing outside this folder sees a type of the client library.
 *
 * Revisions are numbers: they stay far below 2^53. Lease ids use all 63 bits, so they are text.
 */
export interface EtcdClient {
  /** Reads keys. Rejects with {@link EtcdFailure}. */
  range(request: RangeRequest, timeoutMs: number): Promise<RangeResult>;
  /** Runs a transaction once, never again on its own: after a rejection nobody knows whether it ran. */
  txn(txn: Txn, timeoutMs: number): Promise<TxnResult>;
  /**
   * Grants a lease with an id of the caller's choice, so that a grant whose answer was lost can be asked for again without leaving
   * a second one behind. Rejects with `lease-exists` when the first one did arrive.
   * @returns The granted time to live, in seconds.
   */
  grantLease(id: LeaseId, ttlSeconds: number, timeoutMs: number): Promise<number>;
  /** Ends a lease, and with it its keys. Rejects with `lease-not-found` when it has ended already. */
  revokeLease(id: LeaseId, timeoutMs: number): Promise<void>;
  /** How long a lease lasts, and still has. */
  leaseTimeToLive(id: LeaseId, timeoutMs: number): Promise<LeaseTime>;
  /** Opens a stream that keeps leases alive. */
  openKeepAlive(handlers: KeepAliveHandlers): KeepAliveStream;
  /** Opens a stream of changes. */
  openWatch(request: WatchRequest, handlers: WatchHandlers): WatchStream;
  /** Ends all connections. */
  close(): void;
}

/** A lease, as decimal text. {@link NO_LEASE} for none. */
export type LeaseId = string;

/** The lease of a key that has none. */
export const NO_LEASE: LeaseId = "0";

/** The time of a lease, in seconds. */
export interface LeaseTime {
  /** Until it ends unless it is kept alive; below 0 when it has ended. */
  readonly remaining: number;
  /** After each keepalive. */
  readonly granted: number;
}

/** A key as stored. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly lease: LeaseId;
}

/** A read of one key, or of all keys that begin with `prefix`. */
export type RangeRequest =
  | { readonly key: string }
  | { readonly prefix: string; readonly limit?: number; readonly newestFirst?: boolean; readonly keysOnly?: boolean };

/** The answer to a {@link RangeRequest}. */
export interface RangeResult {
  /** The store's revision when it was read. */
  readonly revision: number;
  /** Number of matching keys, also of those that `limit` left out. */
  readonly count: number;
  readonly kvs: readonly KeyValue[];
}

/** A condition on the create or mod revision of a key; 0 means that the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly target: "create" | "mod";
  readonly is: "equal" | "not-equal";
  readonly revision: number;
}

/** One operation of a transaction. A nested transaction succeeds or fails alone. */
export type Op =
  | { readonly op: "put"; readonly key: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "txn"; readonly txn: Txn };

/** IF all compares hold THEN `success` ELSE `failure`. */
export interface Txn {
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure: readonly Op[];
}

/** The answer to one operation. */
export interface OpResult {
  /** What a `get` found; empty for everything else. */
  readonly kvs: readonly KeyValue[];
  /** The answer to a nested transaction. */
  readonly txn: TxnResult | undefined;
}

/** The answer to a transaction. */
export interface TxnResult {
  readonly succeeded: boolean;
  /** The store's revision after the outermost transaction: the mod revision of everything it wrote. */
  readonly revision: number;
  readonly results: readonly OpResult[];
}

/** A change of one key. */
export type WatchEvent =
  | { readonly type: "put"; readonly kv: KeyValue }
  | { readonly type: "delete"; readonly key: string; readonly modRevision: number };

/** All keys that begin with `prefix`, from `startRevision` on. */
export interface WatchRequest {
  readonly prefix: string;
  readonly startRevision: number;
}

/** What a watch reports. After `onEnd` nothing follows. */
export interface WatchHandlers {
  /** The server watches now. */
  onCreated(): void;
  /** Changes, in the order of revisions; all changes of one revision come together. */
  onEvents(events: readonly WatchEvent[]): void;
  /** The server answered a progress request (or announced progress on its own). */
  onProgress(): void;
  /** The watch ended: `compacted` when its next revision is not kept any more, otherwise try again from there. */
  onEnd(reason: "compacted" | "broken", message: string): void;
}

/** An open watch. */
export interface WatchStream {
  /** Asks the server to answer with `onProgress`. */
  requestProgress(): void;
  /** Ends it without `onEnd`. */
  close(): void;
}

/** What a keepalive stream reports. After `onEnd` nothing follows. */
export interface KeepAliveHandlers {
  /** The server prolonged the lease by `ttlSeconds`, or, with 0 or less, says that it has ended. */
  onAnswer(ttlSeconds: number): void;
  onEnd(message: string): void;
}

/** An open keepalive stream. Send the next one after the answer to the one before: answers carry no number. */
export interface KeepAliveStream {
  send(id: LeaseId): void;
  /** Ends it without `onEnd`. */
  close(): void;
}

/** Why a request to etcd failed. With `unavailable` nobody knows whether it ran. */
export type EtcdFailureReason = "unavailable" | "lease-exists" | "lease-not-found" | "refused";

/** A request to etcd that failed. */
export class EtcdFailure extends Error {
  override readonly name = "EtcdFailure";
  readonly reason: EtcdFailureReason;

  constructor(reason: EtcdFailureReason, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}
