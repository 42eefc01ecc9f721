import { GoverseError, type Place } from "@goverse/core";
import type { Turn } from "./turn.ts";

/** A part of the node that takes no new calls: some shards, or everything. */
export interface Closure {
  covers(place: Place): boolean;
}

/** The shards of a move. */
export function closureOf(shards: readonly number[]): Closure {
  const closed = new Set(shards);
  return { covers: (place) => place.kind === "shard" && closed.has(place.shard) };
}

/** Everything a node has. */
export const EVERYTHING: Closure = { covers: () => true };

/** Decides which calls are let in: all of them, except where objects are about to leave. */
export class Admission {
  /** Shard → the closure that last took it. */
  readonly #shards = new Map<number, Closure>();
  readonly #runningTurn: (turnId: string) => Turn | undefined;
  #stopping = false;

  /** @param runningTurn Looks up a turn that runs on this node now. */
  constructor(runningTurn: (turnId: string) => Turn | undefined) {
    this.#runningTurn = runningTurn;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  close(shards: readonly number[], closure: Closure): void {
    for (const shard of shards) this.#shards.set(shard, closure);
  }

  /** Opens shards again; with `closure` only those that it still holds. */
  open(shards: readonly number[], closure?: Closure): void {
    for (const shard of shards) {
      if (closure === undefined || this.#shards.get(shard) === closure) this.#shards.delete(shard);
    }
  }

  openAll(): void {
    this.#shards.clear();
  }

  stop(): void {
    this.#stopping = true;
  }

  /**
   * Why a call must not come in now; `undefined` lets it in. A call whose chain contains a turn that runs in the closed part is let in:
   * that turn waits for it, and the closing for that turn.
   */
  refusal(place: Place, chain: readonly string[]): GoverseError | undefined {
    if (this.#stopping && !this.#comesFrom(EVERYTHING, chain)) {
      return new GoverseError("UNAVAILABLE", "this node is stopping");
    }
    if (this.#shards.size === 0 || place.kind !== "shard") return undefined;
    const closure = this.#shards.get(place.shard);
    if (closure === undefined || this.#comesFrom(closure, chain)) return undefined;
    return new GoverseError("NOT_OWNER", `shard ${place.shard} is moving to another node`);
  }

  #comesFrom(closure: Closure, chain: readonly string[]): boolean {
    return chain.some((turnId) => {
      const turn = this.#runningTurn(turnId);
      // What runs on a dropped object has no effect any more, and nothing waits for it.
      return turn !== undefined && turn.cell.status !== "gone" && closure.covers(turn.cell.place);
    });
  }
}
