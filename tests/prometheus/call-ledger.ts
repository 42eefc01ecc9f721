import { GoverseError, parseObjectId } from "@goverse/core";
import type { Client } from "@goverse/client";
import { Book } from "./book.ts";
import type { EtcdLedger } from "./etcd-ledger.ts";
import { SHARDS } from "./small-cluster.ts";

/** Finished calls of one method on one node. */
export interface CallCount {
  success: number;
  failure: number;
}

interface Place {
  readonly node: string;
  readonly shard: number;
  readonly epoch: number;
}

/** Keeps the books on calls and objects: what callers were told, and nothing else. */
export class CallLedger {
  readonly surprises: string[] = [];
  readonly #shards: EtcdLedger;
  readonly #calls = new Map<string, CallCount>();
  /** Where each object is in memory, as far as its last call told. */
  readonly #objects = new Map<string, Place>();
  /** Objects whose shard changed hands during a call: the next call tells. */
  readonly #unclear = new Set<string>();
  /** Objects that are being called: of two answers at a time nobody knows which was the first. */
  readonly #busy = new Set<string>();

  constructor(shards: EtcdLedger) {
    this.#shards = shards;
  }

  callsOf(node: string, method: string): CallCount {
    const key = `${node} ${method}`;
    let count = this.#calls.get(key);
    if (count === undefined) this.#calls.set(key, (count = { success: 0, failure: 0 }));
    return count;
  }

  /** Objects that are in memory on a node, by shard. */
  objectsOn(node: string): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const place of this.#objects.values()) {
      if (place.node === node && this.#isThere(place)) counts[place.shard] = (counts[place.shard] ?? 0) + 1;
    }
    return counts;
  }

  /** Calls an object, if nobody else does: one of the two methods, which tell where they ran. */
  async call(client: Client, id: string, method: "Do" | "Refuse"): Promise<void> {
    if (this.#busy.has(id)) return;
    this.#busy.add(id);
    await this.#call(client, id, method).finally(() => this.#busy.delete(id));
  }

  async #call(client: Client, id: string, method: "Do" | "Refuse"): Promise<void> {
    const shard = shardOf(id);
    const epoch = this.#shards.epochOf(shard);
    const known = this.#objects.get(id);
    const answer = await this.#ask(client, id, method);
    if (answer === undefined) return;
    this.callsOf(answer.node, method)[method === "Do" ? "success" : "failure"] += 1;
    if (epoch === undefined || epoch !== this.#shards.epochOf(shard)) {
      this.#unclear.add(id);
      return;
    }
    const isClear = !this.#unclear.has(id);
    const wasThere = known !== undefined && this.#isThere(known);
    if (isClear && wasThere === answer.fresh) {
      this.surprises.push(
        `${id} was ${wasThere ? "in memory" : "gone"}, and its call was ${answer.fresh ? "the first" : "not"}`,
      );
    }
    this.#unclear.delete(id);
    this.#objects.set(id, { node: answer.node, shard, epoch });
  }

  /** Destroys an object that nobody else uses now. */
  async destroy(client: Client, id: string): Promise<void> {
    const known = this.#objects.get(id);
    const wasThere = known !== undefined && this.#isThere(known);
    if ((await client.destroy(Book, id)) !== wasThere) this.surprises.push(`${id} was ${wasThere ? "" : "not "}there`);
    this.#objects.delete(id);
  }

  /** Calls what is unclear. To be done when nothing moves. */
  async clear(client: Client): Promise<void> {
    for (const id of this.#unclear) await this.call(client, id, "Do");
  }

  #isThere({ shard, epoch }: Place): boolean {
    return this.#shards.epochOf(shard) === epoch;
  }

  async #ask(
    client: Client,
    id: string,
    method: "Do" | "Refuse",
  ): Promise<{ node: string; fresh: boolean } | undefined> {
    try {
      if (method === "Do") return await client.object(Book, id).Do();
      await client.object(Book, id).Refuse();
    } catch (thrown) {
      const error = GoverseError.from(thrown);
      if (error.code === "DECLARED") return error.details.declared?.data as { node: string; fresh: boolean };
      this.surprises.push(`${method} on ${id}: ${error.code} ${error.message}`);
    }
    return undefined;
  }
}

/** The shard of a hashed id. */
function shardOf(id: string): number {
  const { place } = parseObjectId(id, SHARDS);
  if (place.kind !== "shard") throw new Error(`${id} is in no shard`);
  return place.shard;
}
