import type { ObjectId, Place } from "@goverse/core";
import type { Cell } from "./cell.ts";

/** The objects of one type by shard, so that leaving a shard touches only its own objects. */
export class CellTable {
  readonly #shards = new Map<number, Map<string, Cell>>();
  readonly #pinned = new Map<string, Cell>();

  get(id: ObjectId): Cell | undefined {
    return this.#mapOf(id.place)?.get(id.text);
  }

  add(cell: Cell): void {
    const { place, text } = cell.id;
    let map = this.#mapOf(place);
    if (map === undefined && place.kind === "shard") {
      map = new Map();
      this.#shards.set(place.shard, map);
    }
    map?.set(text, cell);
  }

  /** Forgets the cell; harmless when another one has taken its place. */
  remove(cell: Cell): void {
    const { place, text } = cell.id;
    const map = this.#mapOf(place);
    if (map?.get(text) !== cell) return;
    map.delete(text);
    if (map.size === 0 && place.kind === "shard") this.#shards.delete(place.shard);
  }

  *all(): Iterable<Cell> {
    for (const cells of this.#shards.values()) yield* cells.values();
    yield* this.#pinned.values();
  }

  inShard(shard: number): Iterable<Cell> {
    return this.#shards.get(shard)?.values() ?? [];
  }

  #mapOf(place: Place): Map<string, Cell> | undefined {
    return place.kind === "shard" ? this.#shards.get(place.shard) : this.#pinned;
  }
}
