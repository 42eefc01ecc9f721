import type { Epoch, ShardHolder } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { WriterOptions } from "./claimer.ts";
import { takeFirst } from "./take-first.ts";
import { batchResults, batchTxn, releaseWrite, type ShardWrite } from "./transactions.ts";

/** What a hand-over needs besides. */
export interface HandOverOptions extends WriterOptions {
  readonly holder: ShardHolder;
  /** Whether this process still holds the shard and should give it up. */
  readonly wanted: (shard: number) => boolean;
  /** The epoch under which this process holds a shard by the keys alone, releases begun or not; `undefined` when it does not. */
  readonly heldEpoch: (shard: number) => Epoch | undefined;
}

/** Shards drained together: few enough that each waits only for the running turns of few others. */
const SHARDS_PER_WAVE = 64;
/** Waves at once: while one writes to etcd, another drains. */
const MAX_WAVES = 2;
/** Pause before a shard whose objects would not come to rest is drained again. */
const DRAIN_RETRY = { minMs: 250, maxMs: 5000 };

/**
 * Gives shards up: in waves, the holder lets running turns finish, then the release is written.
 *
 * From the moment a release is sent its epoch is not owned any more, whatever the answer: see {@link releaseMark}.
 */
export class HandOver {
  readonly #options: HandOverOptions;
  readonly #requestBackoff: Backoff;
  readonly #drainBackoff: Backoff;
  readonly #queue = new Set<number>();
  readonly #busy = new Set<number>();
  /** Per shard: the epoch that was given up, and the revision of the shard's key that the release compares. */
  readonly #marks = new Map<number, { readonly epoch: Epoch; readonly modRevision: number }>();
  #waves = 0;
  /** Which incarnation's waves count: one that hangs must not hold up the next. */
  #generation = 0;

  constructor(options: HandOverOptions) {
    this.#options = options;
    this.#requestBackoff = new Backoff(options.clock, options.random);
    this.#drainBackoff = new Backoff(options.clock, options.random, DRAIN_RETRY);
  }

  /** Shards that are being given up. */
  get pending(): number {
    return this.#busy.size;
  }

  isBusy(shard: number): boolean {
    return this.#busy.has(shard);
  }

  /** Epoch at which a release of the shard was last begun, 0 if never. */
  releaseMark(shard: number): Epoch {
    return this.#marks.get(shard)?.epoch ?? 0;
  }

  /** Gives these shards up as soon as possible, if it still should then. */
  release(shards: Iterable<number>): void {
    for (const shard of shards) {
      if (this.#busy.has(shard)) continue;
      this.#busy.add(shard);
      this.#queue.add(shard);
    }
    this.#fill();
  }

  /** Forgets everything: this process is another incarnation, and old epochs name the one before. */
  clear(): void {
    this.#queue.clear();
    this.#busy.clear();
    this.#marks.clear();
    this.#waves = 0;
    this.#generation += 1;
  }

  #fill(): void {
    while (this.#waves < MAX_WAVES && this.#queue.size > 0) {
      const shards = takeFirst(this.#queue, SHARDS_PER_WAVE);
      const generation = this.#generation;
      this.#waves += 1;
      void this.#wave(shards).finally(() => {
        if (generation !== this.#generation) return;
        this.#waves -= 1;
        for (const shard of shards) this.#busy.delete(shard);
        this.#options.lookAgain(shards);
        this.#fill();
      });
    }
  }

  async #wave(all: readonly number[]): Promise<void> {
    const { holder, logger, wanted } = this.#options;
    const shards = all.filter(wanted);
    if (shards.length === 0) return;
    try {
      await holder.drain(shards);
      this.#drainBackoff.reset();
    } catch (error) {
      logger.warn("objects did not come to rest in time, trying again later", {
        shards: shards.length,
        why: String(error),
      });
      holder.undrain(shards);
      await this.#drainBackoff.pause();
      return;
    }
    await this.#releaseDrained(shards);
  }

  /** Writes until every shard is released or called off. */
  async #releaseDrained(shards: readonly number[]): Promise<void> {
    let left = shards;
    for (;;) {
      const calledOff = left.filter((shard) => !this.#options.wanted(shard));
      this.#callOff(calledOff);
      left = left.filter((shard) => this.#options.wanted(shard));
      if (left.length === 0 || this.#options.self() === undefined) return;
      const answered = await this.#sendOnce(left);
      if (answered) this.#requestBackoff.reset();
      else await this.#requestBackoff.pause();
    }
  }

  /** @returns Whether etcd answered. Without an answer the same release is sent again: it compares the same revisions. */
  async #sendOnce(shards: readonly number[]): Promise<boolean> {
    const { client, requestTimeoutMs, learn, logger } = this.#options;
    const writes = this.#writes(shards);
    if (writes.length === 0) return true;
    try {
      const answer = await client.txn(batchTxn(writes), requestTimeoutMs);
      const results = batchResults(writes, answer) ?? [];
      learn(results.flatMap(({ changes }) => changes));
      for (const { shard, succeeded } of results) if (!succeeded) this.#forgetMark(shard);
      return true;
    } catch (error) {
      logger.debug("releases without an answer", { count: writes.length, why: String(error) });
      return false;
    }
  }

  #writes(shards: readonly number[]): ShardWrite[] {
    const { keys, state, heldEpoch } = this.#options;
    return shards.flatMap((shard) => {
      const epoch = heldEpoch(shard);
      if (epoch === undefined) return [];
      const entry = state.map.get(shard);
      this.#marks.set(shard, { epoch, modRevision: entry.modRevision });
      return [releaseWrite(keys, shard, entry)];
    });
  }

  /**
   * The release was refused: a key it compares has changed, so it, and every one sent before it, can never succeed. What is still
   * held is owned again.
   */
  #forgetMark(shard: number): void {
    this.#marks.delete(shard);
  }

  /** The leader wants these here after all, or they are not held any more. */
  #callOff(shards: readonly number[]): void {
    const { state, holder } = this.#options;
    for (const shard of shards) {
      const mark = this.#marks.get(shard);
      // A release that compares an older revision than the known one can never succeed. If it still might, the mark stays, and
      // the shard is claimed again under a new epoch.
      if (mark !== undefined && state.map.get(shard).modRevision > mark.modRevision) this.#marks.delete(shard);
    }
    const held = shards.filter((shard) => this.#options.heldEpoch(shard) !== undefined);
    if (held.length > 0) holder.undrain(held);
  }
}
