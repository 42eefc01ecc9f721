import { type Address, type Clock, GoverseError, type Logger, sleep } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import { type EtcdClient, type KeyValue, type LeaseId, NO_LEASE } from "./etcd/client.ts";
import { registerTxn, toChange } from "./transactions.ts";
import type { KeyChange } from "./mirror.ts";

/** What a registration needs. */
export interface RegistrationOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
  /** The key to create: `nodes/<address>` or `gates/<address>`. */
  readonly key: string;
  readonly address: Address;
  readonly meta: readonly [key: string, value: string];
  readonly lease: LeaseId;
  /** Whether to go on: the own lease is alive and nobody has asked to stop. */
  readonly wanted: () => boolean;
}

/** How often to look whether the earlier registration has gone, and to say how long it still has. */
const COUNTDOWN_INTERVAL_MS = 500;
/**
 * How many lives of its lease an earlier registration may last before another living process is the only explanation: one that it
 * began, and one more because etcd starts leases anew when its own leader changes. Slack for rounding and slow answers.
 */
const MAX_LIVES = 2;
const SLACK_MS = 1000;

/**
 * Registers this process, create-only. Where an earlier process at the same address left its registration behind, it waits for
 * that lease to end, with a countdown.
 * @returns The incarnation, and the key as a change; `undefined` when it is not wanted any more.
 * @throws GoverseError `UNAVAILABLE` when another living process holds the address.
 */
export async function register(options: RegistrationOptions): Promise<KeyChange | undefined> {
  const { client, clock, random, logger, requestTimeoutMs } = options;
  const backoff = new Backoff(clock, random);
  const rival = new RivalWatch(options);
  const txn = registerTxn(options.key, options.address, options.meta, options.lease);
  while (options.wanted()) {
    try {
      const answer = await client.txn(txn, requestTimeoutMs);
      if (answer.succeeded) return toChange(registeredNow(options, answer.revision));
      // The outcome of an earlier attempt may have been unknown: it is mine if, and only if, the lease is mine.
      const holder = answer.results[0]?.kvs[0];
      if (holder !== undefined && holder.lease === options.lease) return toChange(holder);
      if (holder !== undefined) await rival.look(holder);
    } catch (error) {
      if (error instanceof GoverseError) throw error;
      logger.debug("not registered yet", { why: String(error) });
      await backoff.pause();
    }
  }
  return undefined;
}

function registeredNow({ key, address, lease }: RegistrationOptions, revision: number): KeyValue {
  return { key, value: address, createRevision: revision, modRevision: revision, lease };
}

/** Watches an earlier registration run out. */
class RivalWatch {
  readonly #options: RegistrationOptions;
  #sinceMs: number | undefined;
  #saidSeconds: number | undefined;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** Waits a moment, after saying how long the other one still has. */
  async look(holder: KeyValue): Promise<void> {
    const { client, clock, logger, address, requestTimeoutMs } = this.#options;
    if (holder.lease === NO_LEASE) {
      throw new GoverseError(
        "UNAVAILABLE",
        `${address} is registered without a lease, so the registration never ends: delete the key ${holder.key} in etcd`,
      );
    }
    this.#sinceMs ??= clock.monotonicMs();
    const { remaining: seconds, granted } = await client.leaseTimeToLive(holder.lease, requestTimeoutMs);
    if (seconds > 0) this.#requireEnd(this.#sinceMs + granted * 1000 * MAX_LIVES + SLACK_MS);
    if (seconds > 0 && seconds !== this.#saidSeconds) {
      this.#saidSeconds = seconds;
      logger.info(`waiting up to ${seconds} s for an earlier registration of ${address} to end`, { seconds });
    }
    await sleep(clock, COUNTDOWN_INTERVAL_MS);
  }

  #requireEnd(byMs: number): void {
    const { address, clock } = this.#options;
    if (clock.monotonicMs() <= byMs) return;
    throw new GoverseError(
      "UNAVAILABLE",
      `another living process is registered as ${address}: stop it, or give this one another address to advertise`,
    );
  }
}
