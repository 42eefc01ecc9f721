import { type KeyRange, keyRange, rangeContains } from "./key-range.ts";
import { isTombstone, type KeyValue } from "./key-value.ts";
import type { Mvcc } from "./mvcc.ts";
import type { WatchCreateRequest, WatchEvent } from "./watch-messages.ts";

/** Revisions in one message of a replay; etcd's own number. */
const MAX_BATCH_REVISIONS = 1000;
/** Bytes after which a replay's message ends, at the next revision: half of what gRPC clients accept by default is kept free. */
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** Part of a replay. */
export interface ReplayBatch {
  readonly events: readonly WatchEvent[];
  /** Where the next part starts. */
  readonly nextRevision: number;
  /** Whether this was the last part. */
  readonly complete: boolean;
}

/** One watch: what it wants to see, and how far it has got. */
export class Watcher {
  readonly id: bigint;
  readonly range: KeyRange;
  readonly progressNotify: boolean;
  /** The first revision it has not been sent. Only kept up to date while the watch lags; future watches start at theirs. */
  nextRevision: number;
  /** Whether it gets events as they happen. A watch that lags reads them from the history instead. */
  synced: boolean;
  /** Whether the next tick should send progress: not if events were sent since the last one. */
  progressDue = false;
  readonly #request: WatchCreateRequest;

  constructor(id: bigint, request: WatchCreateRequest, currentRevision: number) {
    this.id = id;
    this.#request = request;
    this.range = keyRange(request.key, request.rangeEnd);
    this.progressNotify = request.progressNotify ?? false;
    this.nextRevision = (request.startRevision ?? 0) === 0 ? currentRevision + 1 : (request.startRevision ?? 0);
    this.synced = this.nextRevision > currentRevision;
  }

  /** The events among `changes` that this watch asked for. */
  select(changes: Iterable<KeyValue>, mvcc: Mvcc): WatchEvent[] {
    const events: WatchEvent[] = [];
    for (const kv of changes) {
      const type = isTombstone(kv) ? "delete" : "put";
      const filtered = type === "put" ? this.#request.noPut : this.#request.noDelete;
      if (filtered === true || kv.modRevision < this.nextRevision || !rangeContains(this.range, kv.key)) continue;
      events.push({ type, kv, prevKv: this.#previous(kv, mvcc) });
    }
    return events;
  }

  /** The next part of the history this watch has not seen. */
  replay(mvcc: Mvcc): ReplayBatch {
    const changes: KeyValue[] = [];
    let revisions = 0;
    let bytes = 0;
    let last = 0;
    for (let index = mvcc.log.indexOf(this.nextRevision); ; index++) {
      const change = mvcc.log.at(index);
      if (change === undefined) break;
      if (change.modRevision !== last) {
        if (revisions === MAX_BATCH_REVISIONS || bytes > MAX_BATCH_BYTES) {
          return { events: this.select(changes, mvcc), nextRevision: change.modRevision, complete: false };
        }
        revisions++;
        last = change.modRevision;
      }
      bytes += rangeContains(this.range, change.key) ? change.key.length + change.value.length : 0;
      changes.push(change);
    }
    return { events: this.select(changes, mvcc), nextRevision: mvcc.revision + 1, complete: true };
  }

  #previous(kv: KeyValue, mvcc: Mvcc): KeyValue | undefined {
    const before = kv.modRevision - 1;
    // A key deleted and created again in one transaction was there before, but etcd does not look.
    if (kv.createRevision === kv.modRevision) return undefined;
    if (this.#request.prevKv !== true || before < mvcc.compactRevision) return undefined;
    return mvcc.find(kv.key, before);
  }
}
