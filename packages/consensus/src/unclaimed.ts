import { type Address, type Epoch, liveOwner } from "@goverse/core";
import type { ClusterState } from "./cluster-state.ts";

/** For how many times the patience a node that did not claim gets nothing: then it may have recovered, and is tried again. */
const SUSPICION_FACTOR = 6;

interface Suspicion {
  readonly incarnation: Epoch;
  /** What it owned then: more means that it claims again. */
  readonly owned: number;
  readonly untilMs: number;
}

/** Watches, for the leader, shards whose living target has not claimed them, and the nodes that do not claim. */
export class UnclaimedShards {
  readonly #state: ClusterState;
  readonly #patienceMs: number;
  /** In order of time, because entries are only added at the end. */
  readonly #since = new Map<number, { readonly target: Address; readonly atMs: number }>();
  readonly #suspicions = new Map<Address, Suspicion>();

  constructor(state: ClusterState, patienceMs: number) {
    this.#state = state;
    this.#patienceMs = patienceMs;
  }

  /** Looks at a shard that may have changed. */
  look(shard: number, nowMs: number): void {
    const entry = this.#state.map.get(shard);
    const { target } = entry;
    const isUnclaimed =
      target !== undefined &&
      this.#state.incarnationOf(target) !== undefined &&
      liveOwner(entry, this.#state.incarnationOf) === undefined;
    if (isUnclaimed && this.#since.get(shard)?.target === target) return;
    this.#since.delete(shard);
    if (isUnclaimed) this.#since.set(shard, { target, atMs: nowMs });
  }

  /** Takes out the shards whose time is up, and suspects their targets; a new time begins for them. */
  takeStuck(nowMs: number): ReadonlySet<number> {
    const stuck = new Set<number>();
    for (const [shard, { target, atMs }] of this.#since) {
      if (atMs + this.#patienceMs > nowMs) break;
      stuck.add(shard);
      this.#suspect(target, nowMs);
    }
    for (const shard of stuck) {
      const target = this.#since.get(shard)?.target;
      this.#since.delete(shard);
      if (target !== undefined) this.#since.set(shard, { target, atMs: nowMs });
    }
    return stuck;
  }

  /** Nodes that receive nothing for now. */
  suspects(nowMs: number): ReadonlySet<Address> {
    for (const [address, { incarnation, owned, untilMs }] of this.#suspicions) {
      const isCleared =
        nowMs >= untilMs ||
        this.#state.incarnationOf(address) !== incarnation ||
        this.#state.map.ownedBy(address, incarnation) > owned;
      if (isCleared) this.#suspicions.delete(address);
    }
    return new Set(this.#suspicions.keys());
  }

  /** When the next shard's time is up or the next suspicion ends (monotonic); `undefined` when nothing is waiting. */
  nextAtMs(): number | undefined {
    const first = this.#since.values().next();
    const times = [...this.#suspicions.values()].map(({ untilMs }) => untilMs);
    if (first.done !== true) times.push(first.value.atMs + this.#patienceMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  clear(): void {
    this.#since.clear();
    this.#suspicions.clear();
  }

  #suspect(address: Address, nowMs: number): void {
    const incarnation = this.#state.incarnationOf(address);
    if (incarnation === undefined) return;
    const owned = this.#state.map.ownedBy(address, incarnation);
    this.#suspicions.set(address, { incarnation, owned, untilMs: nowMs + this.#patienceMs * SUSPICION_FACTOR });
  }
}
