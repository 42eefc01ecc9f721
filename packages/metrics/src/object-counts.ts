import { invalidArgument } from "@goverse/core";

/** Where the number of objects is read at scrape time. */
export interface ObjectCountSource {
  /**
   * For each type one array that lives as long as the source: objects per shard, and in the last slot those pinned to a node.
   * Read, never written, by the scrape.
   */
  countsByType(): Iterable<readonly [type: string, counts: Int32Array]>;
}

/** Objects in memory per (type, shard). An update is one typed-array write, so it can follow every activation. */
export class ObjectCounts implements ObjectCountSource {
  readonly shardCount: number;
  readonly #types: string[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #counts: Int32Array[] = [];

  /** @param shardCount Shards of the cluster, 1 to 65536. */
  constructor(shardCount: number) {
    if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > MAX_SHARDS) {
      throw invalidArgument("shardCount", shardCount, `give a whole number from 1 to ${MAX_SHARDS}`);
    }
    this.shardCount = shardCount;
  }

  /** The number by which `type` is known below; the same one each time. Once per type, not per object. */
  typeIndex(type: string): number {
    const known = this.#indexes.get(type);
    if (known !== undefined) return known;
    const index = this.#types.push(type) - 1;
    this.#indexes.set(type, index);
    this.#counts.push(new Int32Array(this.shardCount + 1));
    return index;
  }

  /** An object came into memory. `shard` is -1 for an object pinned to a node. */
  activated(typeIndex: number, shard: number): void {
    const counts = this.#of(typeIndex, shard);
    const slot = shard < 0 ? this.shardCount : shard;
    counts[slot] = (counts[slot] as number) + 1;
  }

  /**
   * An object left memory.
   * @throws RangeError when none was there: a count below zero would quietly spoil every sum.
   */
  deactivated(typeIndex: number, shard: number): void {
    const counts = this.#of(typeIndex, shard);
    const slot = shard < 0 ? this.shardCount : shard;
    const count = counts[slot] as number;
    if (count === 0) throw new RangeError(`no ${this.#types[typeIndex]} is counted in shard ${shard}`);
    counts[slot] = count - 1;
  }

  /** Objects of one type, or of all. Adds up every shard: for tests and rare questions. */
  total(type?: string): number {
    let total = 0;
    for (const [name, counts] of this.countsByType()) {
      if (type === undefined || type === name) total += counts.reduce((sum, count) => sum + count, 0);
    }
    return total;
  }

  *countsByType(): Iterable<readonly [type: string, counts: Int32Array]> {
    for (const [index, counts] of this.#counts.entries()) yield [this.#types[index] as string, counts];
  }

  #of(typeIndex: number, shard: number): Int32Array {
    const counts = this.#counts[typeIndex];
    if (counts === undefined || shard >= this.shardCount) {
      throw new RangeError(
        `type ${typeIndex} or shard ${shard} is not among ${this.#types.length} types, ${this.shardCount} shards`,
      );
    }
    return counts;
  }
}

/** Far above the usual 8192, and 256 KiB per type: enough for any cluster, too little to exhaust memory by a typing mistake. */
const MAX_SHARDS = 65_536;
