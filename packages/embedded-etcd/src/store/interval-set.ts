import type { ByteString } from "./byte-string.ts";

/** Disjoint half-open intervals of keys, kept sorted: answers "is this key in any of them" without looking at each. */
export class IntervalSet {
  readonly #starts: ByteString[] = [];
  readonly #ends: ByteString[] = [];

  /** Adds `[start, end)`, merging what it touches. The caller guarantees `start < end`. */
  add(start: ByteString, end: ByteString): void {
    const from = this.#firstEndingAt(start);
    let to = from;
    let low = start;
    let high = end;
    while (to < this.#starts.length && this.#starts[to]! <= end) {
      if (this.#starts[to]! < low) low = this.#starts[to]!;
      if (this.#ends[to]! > high) high = this.#ends[to]!;
      to++;
    }
    this.#starts.splice(from, to - from, low);
    this.#ends.splice(from, to - from, high);
  }

  /** Adds everything of another set. */
  addAll(other: IntervalSet): void {
    for (const [index, start] of other.#starts.entries()) this.add(start, other.#ends[index]!);
  }

  /** Whether `key` lies in one of the intervals. */
  has(key: ByteString): boolean {
    const index = this.#firstEndingAt(key + "\0");
    return index < this.#starts.length && this.#starts[index]! <= key;
  }

  /** Index of the first interval whose end is not below `key`. */
  #firstEndingAt(key: ByteString): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
