import type { Epoch, ObjectId, Place } from "@goverse/core";
import { Cell } from "./cell.ts";
import type { ObjectType } from "./object-type.ts";

/** The objects of one type by shard, so that leaving a shard touches only its own objects. */
export class CellTable {
  readonly #type: ObjectType;
  /** By shard; an array, because a map of thousands costs every call two or three misses of the processor's cache more. */
  readonly #shards: (Map<string, Cell> | undefined)[];
  readonly #pinned = new Map<string, Cell>();

  constructor(type: ObjectType, shardCount: number) {
    this.#type = type;
    this.#shards = Array.from({ length: shardCount }, () => undefined);
  }

  get({ place, text }: ObjectId): Cell | undefined {
    return this.#mapOf(place)?.get(text);
  }

  /** A cell for an object that has none; {@link add} puts it in. All cells of a shard share one place. */
  create({ place, text }: ObjectId, epoch: Epoch): Cell {
    const neighbour = this.#mapOf(place)?.values().next().value;
    return new Cell(this.#type, neighbour?.place ?? place, text, epoch);
  }

  add(cell: Cell): void {
    const { place } = cell;
    let map = this.#mapOf(place);
    if (map === undefined && place.kind === "shard") {
      map = new Map();
      this.#shards[place.shard] = map;
    }
    map?.set(cell.id, cell);
  }

  /** Forgets the cell; harmless when another one has taken its place. */
  remove(cell: Cell): void {
    const { place, id } = cell;
    const map = this.#mapOf(place);
    if (map?.get(id) !== cell) return;
    map.delete(id);
    if (map.size === 0 && place.kind === "shard") this.#shards[place.shard] = undefined;
  }

  *all(): Iterable<Cell> {
    for (const cells of this.#shards) if (cells !== undefined) yield* cells.values();
    yield* this.#pinned.values();
  }

  inShard(shard: number): Iterable<Cell> {
    return this.#shards[shard]?.values() ?? [];
  }

  #mapOf(place: Place): Map<string, Cell> | undefined {
    return place.kind === "shard" ? this.#shards[place.shard] : this.#pinned;
  }
}
