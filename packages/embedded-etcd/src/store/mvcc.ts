import type { ByteString } from "./byte-string.ts";
import { EtcdError } from "./errors.ts";
import { EventLog } from "./event-log.ts";
import type { KeyRange } from "./key-range.ts";
import { isTombstone, type KeyValue } from "./key-value.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** Revision of an empty store; etcd's first write gets 2. */
const FIRST_REVISION = 1;
/** etcd's mark for "never compacted". */
const NEVER_COMPACTED = -1;

/** Every version of every key since the last compaction. Writes come through `WriteTxn`. */
export class Mvcc {
  readonly log: EventLog = new EventLog();
  readonly #keys = new SortedKeys();
  readonly #versions = new Map<ByteString, KeyValue[]>();
  readonly #maxHistoryEvents: number;
  #revision = FIRST_REVISION;
  #compactRevision = NEVER_COMPACTED;

  constructor(maxHistoryEvents: number) {
    this.#maxHistoryEvents = maxHistoryEvents;
  }

  /** Revision of the newest write. */
  get revision(): number {
    return this.#revision;
  }

  /** Revisions below this one are gone; -1 before the first compaction. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** The version of `key` that was valid at `revision`, `undefined` when there was none. */
  find(key: ByteString, revision: number): KeyValue | undefined {
    const versions = this.#versions.get(key);
    if (versions === undefined) return undefined;
    const found = versions[lastIndexAt(versions, revision)];
    return found === undefined || isTombstone(found) ? undefined : found;
  }

  /** The keys of a range as they were at `revision`, in ascending order. */
  select(range: KeyRange, revision: number): KeyValue[] {
    if (range.single) {
      const found = this.find(range.start, revision);
      return found === undefined ? [] : [found];
    }
    const selected: KeyValue[] = [];
    for (const key of this.#keys.within(range)) {
      const found = this.find(key, revision);
      if (found !== undefined) selected.push(found);
    }
    return selected;
  }

  /** Adds a version without announcing it: part of a transaction that `commit` ends. */
  write(version: KeyValue): void {
    const versions = this.#versions.get(version.key);
    if (versions !== undefined) {
      versions.push(version);
      return;
    }
    this.#versions.set(version.key, [version]);
    this.#keys.add(version.key);
  }

  /** Ends a transaction: its writes become the next revision. Trims the history when it has outgrown its bound. */
  commit(changes: readonly KeyValue[]): void {
    this.#revision++;
    this.log.append(changes);
  }

  /** Keeps the history bounded: past the limit, its older half goes. Returns whether anything went. */
  trimHistory(): boolean {
    if (this.log.length <= this.#maxHistoryEvents) return false;
    const middle = this.log.at(this.log.length - (this.#maxHistoryEvents >>> 1));
    this.#compactTo(middle?.modRevision ?? this.#revision);
    return true;
  }

  /** Forgets what was overwritten or deleted up to `revision`. Throws `compacted` and `futureRevision` as etcd does. */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw new EtcdError("compacted");
    if (revision > this.#revision) throw new EtcdError("futureRevision");
    this.#compactTo(revision);
  }

  #compactTo(revision: number): void {
    this.#compactRevision = revision;
    // A watch may still start at the compacted revision itself: etcd keeps the versions that are valid there.
    const survives = (change: KeyValue): boolean =>
      change.modRevision === revision && this.find(change.key, revision) === change;
    const removed = this.log.drop(revision, survives);
    for (const key of new Set(removed.map((change) => change.key))) this.#trim(key, revision);
  }

  /** Drops the versions of `key` that nothing can read any more, and the key itself when none is left. */
  #trim(key: ByteString, revision: number): void {
    const versions = this.#versions.get(key);
    if (versions === undefined) return;
    const last = lastIndexAt(versions, revision);
    const newest = versions[last];
    if (newest === undefined) return;
    versions.splice(0, isTombstone(newest) ? last + 1 : last);
    if (versions.length > 0) return;
    this.#versions.delete(key);
    this.#keys.remove(key);
  }
}

/** Index of the last version not newer than `revision`; -1 when all are newer. Almost always the last one. */
function lastIndexAt(versions: readonly KeyValue[], revision: number): number {
  let low = 0;
  let high = versions.length;
  if (versions[high - 1]!.modRevision <= revision) return high - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (versions[middle]!.modRevision <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
