import type { Clock, Epoch, Logger } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { EtcdClient, LeaseId } from "./etcd/client.ts";
import { metaTxn } from "./transactions.ts";

/** What an announcement needs. */
interface AnnounceOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
  /** The node's own key: the announcement counts only for the incarnation that made it. */
  readonly key: string;
  readonly incarnation: Epoch;
  /** The lease it stands under; `undefined` when the registration is over, and with it the need to announce anything. */
  readonly lease: () => LeaseId | undefined;
  /** Key and value of what this process tells the others, now with the mark that it leaves. */
  readonly meta: readonly [key: string, value: string];
  readonly untilMs: number;
}

/** Tells the leader that this node wants to go, so that its shards get other targets. Gives up when the time is up. */
export async function announceLeave(options: AnnounceOptions): Promise<void> {
  const { client, clock, random, logger, requestTimeoutMs, key, incarnation, meta, untilMs } = options;
  const backoff = new Backoff(clock, random);
  while (clock.monotonicMs() < untilMs) {
    const lease = options.lease();
    if (lease === undefined) return;
    try {
      await client.txn(metaTxn(key, incarnation, meta, lease), requestTimeoutMs);
      return;
    } catch (error) {
      logger.debug("cannot announce leaving yet", { why: String(error) });
      await backoff.pause();
    }
  }
}
