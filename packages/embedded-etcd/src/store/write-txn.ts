import type { ByteString } from "./byte-string.ts";
import type { KeyRange } from "./key-range.ts";
import { type KeyValue, NO_LEASE, tombstone } from "./key-value.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { Mvcc } from "./mvcc.ts";

/**
 * The writes of one revision. Later operations see the earlier ones. Everything must have been checked before the first write:
 * nothing here fails, and nothing is rolled back.
 */
export class WriteTxn {
  readonly #mvcc: Mvcc;
  readonly #leases: LeaseBook;
  readonly #beginRevision: number;
  readonly #changes: KeyValue[] = [];

  constructor(mvcc: Mvcc, leases: LeaseBook) {
    this.#mvcc = mvcc;
    this.#leases = leases;
    this.#beginRevision = mvcc.revision;
  }

  /** What the transaction has written, in order. */
  get changes(): readonly KeyValue[] {
    return this.#changes;
  }

  /** The newest revision the transaction sees: its own from its first write on. */
  get revision(): number {
    return this.#changes.length > 0 ? this.#beginRevision + 1 : this.#beginRevision;
  }

  /** The version of `key` as the transaction sees it. */
  find(key: ByteString): KeyValue | undefined {
    return this.#mvcc.find(key, this.revision);
  }

  /** The keys of a range as the transaction sees them, or as they were at an older `revision`. */
  select(range: KeyRange, revision: number = this.revision): KeyValue[] {
    return this.#mvcc.select(range, revision);
  }

  /** Writes a key and moves it to `lease`, away from the lease it had. */
  put(key: ByteString, value: ByteString, lease: bigint): void {
    const previous = this.find(key);
    const revision = this.#beginRevision + 1;
    this.#record({
      key,
      value,
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
      version: (previous?.version ?? 0) + 1,
      lease,
    });
    if (previous !== undefined) this.#leases.detach(previous.lease, key);
    if (lease !== NO_LEASE) this.#leases.attach(lease, key);
  }

  /** Deletes the keys of a range and returns what they were. */
  delete(range: KeyRange): KeyValue[] {
    const victims = this.select(range);
    for (const victim of victims) {
      this.#record(tombstone(victim.key, this.#beginRevision + 1));
      this.#leases.detach(victim.lease, victim.key);
    }
    return victims;
  }

  /** Makes the writes the store's next revision; without writes nothing changes. */
  commit(): void {
    if (this.#changes.length > 0) this.#mvcc.commit(this.#changes);
  }

  #record(version: KeyValue): void {
    this.#mvcc.write(version);
    this.#changes.push(version);
  }
}
