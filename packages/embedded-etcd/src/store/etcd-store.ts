import type { ByteString } from "./byte-string.ts";
import type { KeyRange } from "./key-range.ts";
import { NO_LEASE } from "./key-value.ts";
import { LeaseBook } from "./lease-book.ts";
import { Mvcc } from "./mvcc.ts";
import { EtcdError } from "./errors.ts";
import { queryRange } from "./range-query.ts";
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from "./requests.ts";
import { checkDeleteRange, checkPut, checkRange, checkTxn } from "./txn-check.ts";
import { checkPlan, planTxn, runDeleteRange, runPlan, runPut } from "./txn-run.ts";
import type { WatchSink } from "./watch-messages.ts";
import { WatchStream } from "./watch-stream.ts";
import { WriteTxn } from "./write-txn.ts";

/** Writes kept for watches that start in the past; then the older half is compacted. At 200 bytes each, some 20 MB. */
export const DEFAULT_MAX_HISTORY_EVENTS = 100_000;
/** Shortest lease: what etcd derives from its default election timeout of one second. */
const DEFAULT_MIN_LEASE_TTL_SECONDS = 2;

/** What an `EtcdStore` needs, and the bounds it keeps. */
export interface EtcdStoreOptions {
  /** The present in milliseconds, from a clock that never goes back. Only leases use it. */
  readonly nowMs: () => number;
  /** Writes kept in the history; default {@link DEFAULT_MAX_HISTORY_EVENTS}. */
  readonly maxHistoryEvents?: number;
  /** Shorter leases get this life, in seconds; default {@link DEFAULT_MIN_LEASE_TTL_SECONDS}. */
  readonly minLeaseTtlSeconds?: number;
  /** First number for leases whose client did not choose one; default 1. Servers choose at random: old numbers must not come back. */
  readonly firstLeaseId?: bigint;
}

/** A granted or renewed lease. */
export interface LeaseAnswer {
  readonly revision: number;
  readonly id: bigint;
  /** Granted life in seconds; 0 in the answer to a keepalive of a lease that has ended. */
  readonly ttlSeconds: number;
}

/** The state of a lease. */
export interface LeaseTimeToLive {
  readonly revision: number;
  readonly id: bigint;
  /** Whole seconds left; -1 when the lease has ended. */
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  /** Attached keys in ascending order, if they were asked for. */
  readonly keys: readonly ByteString[];
}

/**
 * etcd as a state machine: synchronous, without I/O or timers, so that a test or a simulator owns time and order.
 *
 * Leases end when somebody calls {@link EtcdStore.expireLeases}, never by themselves; {@link EtcdStore.nextLeaseExpiryMs} says
 * when that is due. Every method that refuses throws an `EtcdError` and has changed nothing.
 */
export class EtcdStore {
  readonly #mvcc: Mvcc;
  readonly #leases: LeaseBook;
  readonly #nowMs: () => number;
  readonly #streams = new Set<WatchStream>();

  constructor(options: EtcdStoreOptions) {
    this.#nowMs = options.nowMs;
    this.#mvcc = new Mvcc(options.maxHistoryEvents ?? DEFAULT_MAX_HISTORY_EVENTS);
    this.#leases = new LeaseBook({
      minTtlSeconds: options.minLeaseTtlSeconds ?? DEFAULT_MIN_LEASE_TTL_SECONDS,
      firstId: options.firstLeaseId ?? 1n,
    });
  }

  /** Revision of the newest write; 1 in an empty store. */
  get revision(): number {
    return this.#mvcc.revision;
  }

  /** Revisions below this one cannot be read any more; -1 before the first compaction. */
  get compactRevision(): number {
    return this.#mvcc.compactRevision;
  }

  /** Reads keys, now or at an older revision. */
  range(request: RangeRequest): RangeResponse {
    checkRange(request);
    const mvcc = this.#mvcc;
    return queryRange(
      {
        revision: mvcc.revision,
        compactRevision: mvcc.compactRevision,
        select: (range: KeyRange, revision: number) => mvcc.select(range, revision),
      },
      request,
    );
  }

  /** Writes one key. */
  put(request: PutRequest): PutResponse {
    checkPut(request);
    if ((request.lease ?? NO_LEASE) !== NO_LEASE) this.#leases.require(request.lease ?? NO_LEASE);
    const needsKey = request.ignoreValue === true || request.ignoreLease === true;
    if (needsKey && this.#mvcc.find(request.key, this.revision) === undefined) throw new EtcdError("keyNotFound");
    return this.#write((txn) => runPut(txn, request));
  }

  /** Deletes keys; without any the revision stays. */
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    checkDeleteRange(request);
    return this.#write((txn) => runDeleteRange(txn, request));
  }

  /** Runs a transaction as one revision. */
  txn(request: TxnRequest): TxnResponse {
    checkTxn(request);
    const planned = planTxn(this.#mvcc, request);
    checkPlan(this.#mvcc, this.#leases, planned);
    return this.#write((txn) => {
      const response = runPlan(txn, this.#mvcc, planned);
      return { ...response, revision: txn.revision };
    });
  }

  /** Forgets history up to `revision`. */
  compact(revision: number): { readonly revision: number } {
    this.#mvcc.compact(revision);
    return { revision: this.revision };
  }

  /** Grants a lease; without `id` the store chooses one. */
  leaseGrant(request: { readonly id?: bigint; readonly ttlSeconds: number }): LeaseAnswer {
    const lease = this.#leases.grant(request.id ?? NO_LEASE, request.ttlSeconds, this.#nowMs());
    return { revision: this.revision, id: lease.id, ttlSeconds: lease.ttlSeconds };
  }

  /** Ends a lease and deletes its keys, as one revision. */
  leaseRevoke(id: bigint): { readonly revision: number } {
    this.#endLease(id);
    return { revision: this.revision };
  }

  /** Renews a lease. One whose time has passed is not brought back, even if nobody has ended it yet. */
  leaseKeepAlive(id: bigint): LeaseAnswer {
    const lease = this.#leases.find(id);
    const nowMs = this.#nowMs();
    if (lease === undefined || lease.expiresAtMs <= nowMs) return { revision: this.revision, id, ttlSeconds: 0 };
    lease.expiresAtMs = nowMs + lease.ttlSeconds * 1000;
    return { revision: this.revision, id, ttlSeconds: lease.ttlSeconds };
  }

  /** What is left of a lease; an unknown one is an answer too, not an error. */
  leaseTimeToLive(id: bigint, options: { readonly keys?: boolean } = {}): LeaseTimeToLive {
    const lease = this.#leases.find(id);
    const { revision } = this;
    if (lease === undefined) return { revision, id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] };
    return {
      revision,
      id,
      ttlSeconds: Math.max(0, Math.trunc((lease.expiresAtMs - this.#nowMs()) / 1000)),
      grantedTtlSeconds: lease.ttlSeconds,
      keys: options.keys === true ? [...lease.keys].sort() : [],
    };
  }

  /** Numbers of all leases, the one that ends first in front. */
  leaseIds(): bigint[] {
    return this.#leases.all().map((lease) => lease.id);
  }

  /** When `expireLeases` has something to do, on the store's clock; `undefined` without leases. */
  nextLeaseExpiryMs(): number | undefined {
    return this.#leases.nextExpiryMs();
  }

  /** Ends the leases whose time has passed, one revision each, and returns their numbers. */
  expireLeases(): bigint[] {
    const nowMs = this.#nowMs();
    const expired = this.#leases.all().filter((lease) => lease.expiresAtMs <= nowMs);
    for (const lease of expired) this.#endLease(lease.id);
    return expired.map((lease) => lease.id);
  }

  /** Opens a stream of watches whose messages go to `sink`. */
  openWatchStream(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this.#mvcc, sink, (closed) => this.#streams.delete(closed));
    this.#streams.add(stream);
    return stream;
  }

  /** Lets watches with `progressNotify` hear the revision; whoever owns time calls it at an interval. */
  tickProgress(): void {
    for (const stream of this.#streams) stream.tickProgress();
  }

  #endLease(id: bigint): void {
    const lease = this.#leases.require(id);
    this.#write((txn) => {
      for (const key of [...lease.keys].sort()) txn.delete({ start: key, end: undefined, single: true });
    });
    this.#leases.remove(id);
  }

  #write<T>(run: (txn: WriteTxn) => T): T {
    const txn = new WriteTxn(this.#mvcc, this.#leases);
    const result = run(txn);
    if (txn.changes.length === 0) return result;
    txn.commit();
    for (const stream of this.#streams) stream.publish(txn.changes, this.revision);
    // After publishing: watches that could keep up never read the history, so they cannot lose it.
    this.#mvcc.trimHistory();
    return result;
  }
}
