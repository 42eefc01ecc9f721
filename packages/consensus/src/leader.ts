import { type Address, plan, type PlanReason, type Self } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { WriterOptions } from "./claimer.ts";
import type { Leadership } from "./cluster-state.ts";
import type { ConsensusMetrics } from "./metrics.ts";
import { assignWrite, leaderGuard, SHARDS_PER_TXN, type ShardWrite } from "./transactions.ts";
import { writeBatch } from "./write-batch.ts";

/** What a leader needs besides. */
export interface LeaderOptions extends WriterOptions {
  readonly metrics: ConsensusMetrics;
  /** Fraction of an equal share by which nodes may differ before shards move; 0 balances to one shard. */
  readonly imbalanceTolerance: number;
}

/** What the plan should take into account besides the map and the nodes. */
export interface PlanWishes {
  readonly mayRebalance: boolean;
  /** Shards that their living target has not claimed in time. */
  readonly stuck: ReadonlySet<number>;
  /** Nodes that receive nothing for now. */
  readonly suspects: ReadonlySet<Address>;
}

/** Transactions under way at once. */
const MAX_TXNS_IN_FLIGHT = 4;

/** Plans and writes targets, as long as this process leads. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #backoff: Backoff;
  #writing = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  /** Whether targets are being written: what the map says of targets is half the old plan, half the new one. */
  get writing(): boolean {
    return this.#writing;
  }

  /**
   * Plans with what is known now and writes what changes.
   * @returns Whether the plan is carried out; `false` when some of it has to be planned again.
   */
  async planAndWrite(
    self: Self,
    leadership: Leadership,
    { mayRebalance, stuck, suspects }: PlanWishes,
  ): Promise<boolean> {
    const { state, keys, imbalanceTolerance } = this.#options;
    const { assignments, decisions } = plan({
      map: state.map,
      nodes: state.nodes.map((node) => ({ ...node, suspect: suspects.has(node.address) })),
      mayRebalance,
      stuck,
      imbalanceTolerance,
    });
    for (const { reason, count, level } of decisions) this.#report(reason, count, level);
    if (assignments.length === 0) return true;
    // Made now, from the entries that were planned with: what changes meanwhile refuses the write.
    const writes = assignments.map(({ shard, target }) => assignWrite(keys, shard, state.map.get(shard), target));
    this.#writing = true;
    try {
      const isDone = await this.#write(self, leadership, writes);
      if (isDone) this.#backoff.reset();
      else await this.#backoff.pause();
      return isDone;
    } finally {
      this.#writing = false;
    }
  }

  #report(reason: PlanReason, count: number, level: "debug" | "info" | "warn"): void {
    const { metrics, logger } = this.#options;
    metrics.shardDecided(reason, count);
    logger[level]("shards planned", { reason, count });
  }

  async #write(self: Self, leadership: Leadership, writes: readonly ShardWrite[]): Promise<boolean> {
    const queue = [...writes];
    let isDone = true;
    const worker = async (): Promise<void> => {
      while (queue.length > 0 && isDone) {
        if (!(await this.#send(self, leadership, queue.splice(0, SHARDS_PER_TXN)))) isDone = false;
      }
    };
    await Promise.all(Array.from({ length: MAX_TXNS_IN_FLIGHT }, worker));
    return isDone;
  }

  async #send(self: Self, leadership: Leadership, writes: readonly ShardWrite[]): Promise<boolean> {
    const { client, keys, requestTimeoutMs, learn, logger } = this.#options;
    try {
      const results = await writeBatch(client, writes, leaderGuard(keys, leadership, self), requestTimeoutMs);
      if (results === undefined) {
        logger.info("not the leader any more");
        return false;
      }
      learn(results.flatMap(({ changes }) => changes));
      return results.every(({ succeeded }) => succeeded);
    } catch (error) {
      logger.debug("assignments without an answer", { count: writes.length, why: String(error) });
      return false;
    }
  }
}
