import type { KeyValue } from "./key-value.ts";

/** Every write since the last compaction, in the order it happened: what a watch that starts in the past reads. */
export class EventLog {
  #entries: KeyValue[] = [];

  /** Number of writes kept. */
  get length(): number {
    return this.#entries.length;
  }

  /** The write at `index`, oldest first. */
  at(index: number): KeyValue | undefined {
    return this.#entries[index];
  }

  /** Adds the writes of one revision. */
  append(changes: readonly KeyValue[]): void {
    for (const change of changes) this.#entries.push(change);
  }

  /** Index of the first write whose revision is not below `revision`. */
  indexOf(revision: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets the writes up to and including `revision`, except those `keep` names, and returns the forgotten ones. */
  drop(revision: number, keep: (change: KeyValue) => boolean): KeyValue[] {
    const removed = this.#entries.slice(0, this.indexOf(revision + 1));
    const kept = removed.filter(keep);
    this.#entries = [...kept, ...this.#entries.slice(removed.length)];
    return removed;
  }
}
