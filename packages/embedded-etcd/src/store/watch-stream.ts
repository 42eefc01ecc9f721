import type { KeyValue } from "./key-value.ts";
import type { Mvcc } from "./mvcc.ts";
import { type WatchCreateRequest, watchMessage, type WatchSink } from "./watch-messages.ts";
import { Watcher } from "./watcher.ts";

/** Number in messages that are not about one watch, and of watches that could not be created. */
const NO_WATCH = -1n;
/** Asks the stream to choose the number of a watch. */
const AUTO_WATCH = 0n;

const EMPTY_RANGE = "mvcc: watcher range is empty";
const DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";

/**
 * The watches of one client stream.
 *
 * A client that reads too slowly never makes the store keep more for it: its watches stop being synced, and catch up from the
 * history when there is room again. If the history was compacted meanwhile they are canceled with the compact revision, so a
 * client may see a gap, but never without being told.
 */
export class WatchStream {
  readonly #mvcc: Mvcc;
  readonly #sink: WatchSink;
  readonly #onClose: (stream: WatchStream) => void;
  readonly #watchers = new Map<bigint, Watcher>();
  /** Numbers of watches that a compaction ended. As in etcd they stay taken until the client cancels them. */
  readonly #compacted = new Set<bigint>();
  #nextId = 0n;
  #progressWanted = false;

  constructor(mvcc: Mvcc, sink: WatchSink, onClose: (stream: WatchStream) => void) {
    this.#mvcc = mvcc;
    this.#sink = sink;
    this.#onClose = onClose;
  }

  /** Starts a watch; the answer says which number it got, or why it was refused. Past events follow at once. */
  create(request: WatchCreateRequest): void {
    const { revision } = this.#mvcc;
    const key = request.key === "" ? "\0" : request.key;
    const end = request.rangeEnd ?? "";
    if (end !== "" && end !== "\0" && end <= key) return this.#refuse(EMPTY_RANGE);
    const asked = request.watchId ?? AUTO_WATCH;
    if (asked !== AUTO_WATCH && this.#isTaken(asked)) return this.#refuse(DUPLICATE_ID);

    const id = asked === AUTO_WATCH ? this.#freeId() : asked;
    const watcher = new Watcher(id, { ...request, key }, revision);
    this.#watchers.set(id, watcher);
    this.#sink.send(watchMessage(id, revision, { created: true }));
    this.#catchUp(watcher);
  }

  /** Ends a watch. An unknown number is ignored, as etcd does. */
  cancel(watchId: bigint): void {
    if (!this.#watchers.delete(watchId) && !this.#compacted.delete(watchId)) return;
    this.#sink.send(watchMessage(watchId, this.#mvcc.revision, { canceled: true }));
  }

  /** Sends the store's revision once every watch of the stream has been sent everything up to it. */
  requestProgress(): void {
    this.#progressWanted = true;
    this.#sendWantedProgress();
  }

  /** To be called when the sink has room again: brings the watches that lag up to date. */
  resume(): void {
    for (const watcher of this.#watchers.values()) this.#catchUp(watcher);
    this.#sendWantedProgress();
  }

  /** Sends the revision to watches that asked for it and saw no event since the last tick. */
  tickProgress(): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify) continue;
      if (watcher.progressDue && watcher.synced && !this.#sink.full) {
        this.#sink.send(watchMessage(watcher.id, this.#mvcc.revision));
      }
      watcher.progressDue = true;
    }
  }

  /** Ends all watches without a message. */
  close(): void {
    this.#watchers.clear();
    this.#compacted.clear();
    this.#onClose(this);
  }

  /** Called by the store with the writes of a new revision. */
  publish(changes: readonly KeyValue[], revision: number): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.synced) continue;
      const events = watcher.select(changes, this.#mvcc);
      if (events.length === 0) continue;
      if (this.#sink.full) {
        watcher.synced = false;
        watcher.nextRevision = revision;
        continue;
      }
      watcher.progressDue = false;
      this.#sink.send(watchMessage(watcher.id, revision, { events }));
    }
  }

  #catchUp(watcher: Watcher): void {
    while (!watcher.synced && !this.#sink.full) {
      if (watcher.nextRevision < this.#mvcc.compactRevision) return this.#cancelCompacted(watcher);
      const batch = watcher.replay(this.#mvcc);
      watcher.nextRevision = batch.nextRevision;
      watcher.synced = batch.complete;
      if (batch.events.length === 0) continue;
      watcher.progressDue = false;
      this.#sink.send(watchMessage(watcher.id, this.#mvcc.revision, { events: batch.events }));
    }
  }

  #cancelCompacted(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.#compacted.add(watcher.id);
    const { compactRevision } = this.#mvcc;
    this.#sink.send(watchMessage(watcher.id, 0, { canceled: true, compactRevision }));
  }

  #sendWantedProgress(): void {
    if (!this.#progressWanted || this.#sink.full) return;
    for (const watcher of this.#watchers.values()) if (!watcher.synced) return;
    this.#progressWanted = false;
    this.#sink.send(watchMessage(NO_WATCH, this.#mvcc.revision));
  }

  #refuse(cancelReason: string): void {
    this.#sink.send(watchMessage(NO_WATCH, this.#mvcc.revision, { created: true, canceled: true, cancelReason }));
  }

  #freeId(): bigint {
    while (this.#isTaken(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #isTaken(id: bigint): boolean {
    return this.#watchers.has(id) || this.#compacted.has(id);
  }
}
