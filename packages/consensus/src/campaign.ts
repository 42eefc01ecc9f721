import type { Self } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { WriterOptions } from "./claimer.ts";
import type { Leadership } from "./cluster-state.ts";
import { type LeaseId, NO_LEASE, type Txn } from "./etcd/client.ts";
import { campaignTxn, dethroneTxn } from "./transactions.ts";

/** What a campaign needs. */
interface CampaignOptions extends Pick<
  WriterOptions,
  "client" | "keys" | "clock" | "random" | "logger" | "requestTimeoutMs" | "state"
> {
  readonly leaseId: () => LeaseId | undefined;
}

/**
 * Tries to become the leader while there is none. Whoever won, the watch says so.
 *
 * Everyone who leads here does so under a lease: a key without one is left over from another system, would stay for ever, and is
 * removed.
 */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #tryAgain: () => void;
  readonly #backoff: Backoff;
  #underWay = false;

  /** @param tryAgain Called a while after an attempt, to look at what came of it. */
  constructor(options: CampaignOptions, tryAgain: () => void) {
    this.#options = options;
    this.#tryAgain = tryAgain;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  /** One attempt, unless there is a leader or an attempt is under way. */
  run(self: Self): void {
    const lease = this.#options.leaseId();
    if (this.#underWay || lease === undefined) return;
    const txn = this.#txn(self, lease, this.#options.state.leader);
    if (txn !== undefined) void this.#attempt(txn);
  }

  #txn(self: Self, lease: LeaseId, present: Leadership | undefined): Txn | undefined {
    const { keys, logger } = this.#options;
    if (present === undefined) return campaignTxn(keys, self, lease);
    if (present.lease !== NO_LEASE) return undefined;
    logger.warn("removing a leader's key that has no lease", { leader: present.address });
    return dethroneTxn(keys, present);
  }

  async #attempt(txn: Txn): Promise<void> {
    const { client, state, requestTimeoutMs, logger } = this.#options;
    this.#underWay = true;
    try {
      await client.txn(txn, requestTimeoutMs);
    } catch (error) {
      logger.debug("campaign without an answer", { why: String(error) });
    }
    await this.#backoff.pause();
    this.#underWay = false;
    if (state.leader !== undefined) this.#backoff.reset();
    this.#tryAgain();
  }
}
