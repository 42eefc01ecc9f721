import type { ByteString } from "./byte-string.ts";
import type { KeyRange } from "./key-range.ts";

/** Keys per chunk before it is split: an insert then moves at most 512 pointers, and 100,000 keys need some 300 chunks. */
const MAX_CHUNK_KEYS = 512;

/** Index of the first element of the sorted `keys` that is not below `key`. */
function lowerBound(keys: readonly ByteString[], key: ByteString): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An ordered set of keys with cheap inserts and removals: a list of short sorted chunks, none of them empty. */
export class SortedKeys {
  readonly #chunks: ByteString[][] = [];

  /** Adds a key that is not in the set. The caller knows: it keeps the keys in a map. */
  add(key: ByteString): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      return;
    }
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index]!;
    chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > MAX_CHUNK_KEYS) this.#chunks.splice(index + 1, 0, chunk.splice(MAX_CHUNK_KEYS >>> 1));
  }

  /** Removes a key; harmless when it is absent. */
  remove(key: ByteString): void {
    if (this.#chunks.length === 0) return;
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index]!;
    const position = lowerBound(chunk, key);
    if (chunk[position] !== key) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  /** The keys of a range in ascending order. The set must not change while this is read. */
  *within(range: KeyRange): Generator<ByteString, void, undefined> {
    if (this.#chunks.length === 0) return;
    let index = this.#chunkOf(range.start);
    let position = lowerBound(this.#chunks[index]!, range.start);
    for (; index < this.#chunks.length; index++, position = 0) {
      const chunk = this.#chunks[index]!;
      for (; position < chunk.length; position++) {
        const key = chunk[position]!;
        if (range.end !== undefined && key >= range.end) return;
        yield key;
      }
    }
  }

  /** The chunk in which `key` is or would be: the last one whose first key is not above it. */
  #chunkOf(key: ByteString): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
