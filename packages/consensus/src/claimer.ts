import { claimGround, type Clock, type Epoch, type Logger, type Self } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { EtcdClient } from "./etcd/client.ts";
import type { Keys } from "./keys.ts";
import type { KeyChange } from "./mirror.ts";
import { takeFirst } from "./take-first.ts";
import { claimWrite, registeredGuard, CLAIMS_PER_TXN, type ShardWrite } from "./transactions.ts";
import { writeBatch } from "./write-batch.ts";

/** What everything that writes shards needs. */
export interface WriterOptions {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
  readonly state: ClusterState;
  /** This process while it is registered and its lease is alive. */
  readonly self: () => Self | undefined;
  /** Epoch at which this process last began to release a shard; 0 if never. */
  readonly releaseMark: (shard: number) => Epoch;
  /** Newer versions of keys, learnt from an answer. */
  readonly learn: (changes: readonly KeyChange[]) => void;
  /** These shards are to be looked at again. */
  readonly lookAgain: (shards: readonly number[]) => void;
}

/** Transactions under way at once: enough to hide the round trip, few enough to leave etcd room for keepalives. */
const MAX_TXNS_IN_FLIGHT = 4;

/** Claims shards, in batches. What fails is looked at again with what the answer told. */
export class Claimer {
  readonly #options: WriterOptions;
  readonly #backoff: Backoff;
  readonly #queue = new Set<number>();
  readonly #busy = new Set<number>();
  #inFlight = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  /** Claims that are waiting or under way. */
  get pending(): number {
    return this.#busy.size;
  }

  isBusy(shard: number): boolean {
    return this.#busy.has(shard);
  }

  /** Claims these shards as soon as possible, if it still may then. */
  claim(shards: Iterable<number>): void {
    for (const shard of shards) {
      if (this.#busy.has(shard)) continue;
      this.#busy.add(shard);
      this.#queue.add(shard);
    }
    this.#fill();
  }

  /** Forgets what waits: this process is not who it was. */
  clear(): void {
    for (const shard of this.#queue) this.#busy.delete(shard);
    this.#queue.clear();
  }

  #fill(): void {
    while (this.#inFlight < MAX_TXNS_IN_FLIGHT && this.#queue.size > 0) {
      const shards = takeFirst(this.#queue, CLAIMS_PER_TXN);
      this.#inFlight += 1;
      void this.#run(shards).finally(() => {
        this.#inFlight -= 1;
        this.#fill();
      });
    }
  }

  async #run(shards: readonly number[]): Promise<void> {
    const self = this.#options.self();
    const failed = self === undefined ? [] : await this.#send(self, this.#writes(self, shards));
    if (failed.length === 0) this.#backoff.reset();
    // A claim that fails again and again must not become a storm.
    else await this.#backoff.pause();
    for (const shard of shards) this.#busy.delete(shard);
    this.#options.lookAgain(shards);
  }

  #writes(self: Self, shards: readonly number[]): ShardWrite[] {
    const { keys, state, releaseMark } = this.#options;
    return shards.flatMap((shard) => {
      const entry = state.map.get(shard);
      const ground = claimGround(entry, self, releaseMark(shard), state.incarnationOf);
      return ground === undefined ? [] : [claimWrite(keys, shard, entry, self, ground)];
    });
  }

  /** @returns The shards whose claim did not succeed, or may not have. */
  async #send(self: Self, writes: readonly ShardWrite[]): Promise<readonly number[]> {
    const { client, keys, requestTimeoutMs, learn, logger } = this.#options;
    if (writes.length === 0) return [];
    try {
      const results = await writeBatch(client, writes, registeredGuard(keys, self), requestTimeoutMs);
      // Not registered as this incarnation any more: the lease will say so too.
      if (results === undefined) return writes.map(({ shard }) => shard);
      learn(results.flatMap(({ changes }) => changes));
      const failed = results.filter(({ succeeded }) => !succeeded).map(({ shard }) => shard);
      if (failed.length > 0) logger.debug("claims overtaken by other writes", { count: failed.length });
      return failed;
    } catch (error) {
      // Nobody knows whether it ran. If it did, the watch says so; if not, the next one compares the same revisions.
      logger.debug("claims without an answer", { count: writes.length, why: String(error) });
      return writes.map(({ shard }) => shard);
    }
  }
}
