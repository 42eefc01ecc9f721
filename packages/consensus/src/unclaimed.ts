import { type Address, liveOwner } from "@goverse/core";
import type { ClusterState } from "./cluster-state.ts";

/** Watches, for the leader, shards whose living target has not claimed them. */
export class UnclaimedShards {
  readonly #state: ClusterState;
  readonly #patienceMs: number;
  /** In order of time, because entries are only added at the end. */
  readonly #since = new Map<number, { readonly target: Address; readonly atMs: number }>();

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

  /** Takes out the shards whose time is up; a new time begins for them. */
  takeStuck(nowMs: number): ReadonlySet<number> {
    const stuck = new Map([...this.#since].filter(([, { atMs }]) => atMs + this.#patienceMs <= nowMs));
    for (const [shard, { target }] of stuck) {
      this.#since.delete(shard);
      this.#since.set(shard, { target, atMs: nowMs });
    }
    return new Set(stuck.keys());
  }

  /** When the next shard's time is up (monotonic); `undefined` when none is waiting. */
  nextStuckAtMs(): number | undefined {
    const first = this.#since.values().next();
    return first.done === true ? undefined : first.value.atMs + this.#patienceMs;
  }

  clear(): void {
    this.#since.clear();
  }
}
