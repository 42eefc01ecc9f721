import type { QueueWait, QueueWaitSource } from "../ports.ts";

/** Who waited for what, and because of whom. */
export interface WaitKey {
  /** What was waited for: the type of the object, never its id. */
  readonly queue: string;
  readonly holder: string;
  readonly waiter: string;
}

interface Sum extends WaitKey {
  count: number;
  totalNs: number;
}

/** Types times methods times methods of a large service. What comes after them is added to one row. */
const MAX_ROWS = 10_000;
const OTHER: WaitKey = { queue: "(other)", holder: "(other)", waiter: "(other)" };

/** Waiting in queues, added up, for a service that has no such table of its own. Record only what really waited. */
export class QueueWaitTable implements QueueWaitSource {
  readonly #rows = new Map<string, Sum>();

  /** @param waitedNs nanoseconds between joining the queue and being served */
  record(key: WaitKey, waitedNs: number): void {
    const row = this.#rowOf(key);
    row.count += 1;
    row.totalNs += Math.max(0, waitedNs);
  }

  waits(): Iterable<QueueWait> {
    return this.#rows.values();
  }

  #rowOf(key: WaitKey): Sum {
    const id = `${key.queue}\0${key.holder}\0${key.waiter}`;
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    if (this.#rows.size >= MAX_ROWS && key !== OTHER) return this.#rowOf(OTHER);
    const row: Sum = { ...key, count: 0, totalNs: 0 };
    this.#rows.set(id, row);
    return row;
  }
}
