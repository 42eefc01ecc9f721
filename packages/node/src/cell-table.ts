import type { Epoch, ObjectId, Place } from "@goverse/core";
import { Cell } from "./cell.ts";
import type { ObjectType } from "./object-type.ts";

/** The objects of a shard. */
interface Bucket {
  readonly place: Place;
  readonly cells: Map<string, Cell>;
}

/** The objects of one type by shard, so that leaving a shard touches only its own objects. */
export class CellTable {
  readonly #type: ObjectType;
  readonly #shards = new Map<number, Bucket>();
  readonly #pinned = new Map<string, Cell>();

  constructor(type: ObjectType) {
    this.#type = type;
  }

  get({ place, text }: ObjectId): Cell | undefined {
    return this.#mapOf(place)?.get(text);
  }

  /** A cell for an object that has none; {@link add} puts it in. */
  create({ place, text }: ObjectId, epoch: Epoch): Cell {
    const shared = place.kind === "shard" ? this.#shards.get(place.shard)?.place : undefined;
    return new Cell(this.#type, shared ?? place, text, epoch);
  }

  add(cell: Cell): void {
    const { place } = cell;
    let map = this.#mapOf(place);
    if (map === undefined && place.kind === "shard") {
      map = new Map();
      this.#shards.set(place.shard, { place, cells: map });
    }
    map?.set(cell.id, cell);
  }

  /** Forgets the cell; harmless when another one has taken its place. */
  remove(cell: Cell): void {
    const { place, id } = cell;
    const map = this.#mapOf(place);
    if (map?.get(id) !== cell) return;
    map.delete(id);
    if (map.size === 0 && place.kind === "shard") this.#shards.delete(place.shard);
  }

  *all(): Iterable<Cell> {
    for (const { cells } of this.#shards.values()) yield* cells.values();
    yield* this.#pinned.values();
  }

  inShard(shard: number): Iterable<Cell> {
    return this.#shards.get(shard)?.cells.values() ?? [];
  }

  #mapOf(place: Place): Map<string, Cell> | undefined {
    return place.kind === "shard" ? this.#shards.get(place.shard)?.cells : this.#pinned;
  }
}
