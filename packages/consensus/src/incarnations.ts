import { type Address, GoverseError, type Self } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import { type EtcdClient, EtcdFailure, type LeaseId } from "./etcd/client.ts";
import type { KeyChange } from "./mirror.ts";
import { register } from "./registration.ts";
import { LeaseSession, type SessionOptions } from "./session.ts";

/** What the succession of incarnations needs. */
export interface IncarnationsOptions extends Omit<SessionOptions, "onLost"> {
  readonly client: EtcdClient;
  /** The key to register under. */
  readonly key: string;
  readonly address: Address;
  /** Key and present value of what this process tells the others. */
  readonly meta: () => readonly [key: string, value: string];
  /** This process is a new incarnation. */
  readonly onRegistered: (change: KeyChange) => void;
  /** It is nobody any more: everything it owned is gone. */
  readonly onLost: (why: string) => void;
}

/** Longest wait for etcd to confirm that a lease has been ended, when stopping: it ends by itself soon after. */
const REVOKE_TIMEOUT_MS = 1000;

/**
 * One incarnation after the other: a lease, a registration under it, and when the lease is lost, all over again. Never two leases
 * at once: the old one is revoked, or has certainly expired, before the next is asked for.
 */
export class Incarnations {
  readonly #options: IncarnationsOptions;
  readonly #backoff: Backoff;
  #session: LeaseSession | undefined;
  #self: Self | undefined;
  #stopped = false;
  #wakeLost: (() => void) | undefined;

  constructor(options: IncarnationsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
  }

  /** This process as it is registered, `undefined` when it is not or when the lease's deadline has passed. Reads the clock afresh. */
  get self(): Self | undefined {
    return this.#session?.alive === true ? this.#self : undefined;
  }

  /** The present lease. */
  get leaseId(): LeaseId | undefined {
    return this.#session?.leaseId;
  }

  /**
   * Begins. Resolves when registered for the first time.
   * @throws GoverseError `UNAVAILABLE` when another living process has the address.
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.#run(resolve, reject);
    });
  }

  /** Ends the registration at once, for everybody to see, if etcd can be reached. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const session = this.#session;
    this.#self = undefined;
    session?.end();
    this.#wakeLost?.();
    if (session !== undefined) await this.#revoke(session.leaseId, REVOKE_TIMEOUT_MS);
  }

  async #run(onFirst: () => void, onRefused: (error: unknown) => void): Promise<void> {
    let isFirst = true;
    while (!this.#stopped) {
      try {
        const isRegistered = await this.#live(() => {
          isFirst = false;
          onFirst();
        });
        if (isRegistered) this.#backoff.reset();
      } catch (error) {
        if (isFirst) {
          onRefused(error);
          return;
        }
        this.#options.logger.error("cannot register again", { why: String(error) });
        await this.#backoff.pause();
      }
    }
    if (isFirst) onRefused(new GoverseError("UNAVAILABLE", "stopped before it was registered in etcd"));
  }

  /** One incarnation, from grant to loss. @returns Whether it was ever registered. */
  async #live(onRegistered: () => void): Promise<boolean> {
    const { onLost, logger } = this.#options;
    let whyLost: string | undefined;
    const lost = new Promise<void>((resolve) => {
      this.#wakeLost = resolve;
    });
    const session = new LeaseSession({
      ...this.#options,
      onLost: (why) => {
        whyLost = why;
        // Told at once: between the deadline and the next turn of this loop nothing may be kept.
        if (this.#self !== undefined) onLost(why);
        this.#self = undefined;
        this.#wakeLost?.();
      },
    });
    this.#session = session;
    try {
      await session.open();
      const change = await register({
        ...this.#options,
        meta: this.#options.meta(),
        lease: session.leaseId,
        wanted: () => !this.#stopped && session.alive,
      });
      if (change?.kv === undefined || !session.alive || this.#stopped) return false;
      this.#self = { address: this.#options.address, incarnation: change.kv.createRevision };
      this.#options.onRegistered(change);
      onRegistered();
      await lost;
      if (whyLost !== undefined) logger.warn("the lease is lost, registering as a new incarnation", { why: whyLost });
      return true;
    } finally {
      session.end();
      if (!this.#stopped) await this.#retire(session);
    }
  }

  /** Makes sure that a lease is over. */
  async #retire(session: LeaseSession): Promise<void> {
    const { clock, ttlSeconds, requestTimeoutMs } = this.#options;
    // The last keepalive may have reached etcd as late as its time limit allows; after another life of it, it is certainly over.
    const overAtMs = clock.monotonicMs() + ttlSeconds * 1000 + requestTimeoutMs;
    while (!this.#stopped && clock.monotonicMs() < overAtMs) {
      if (await this.#revoke(session.leaseId, requestTimeoutMs)) return;
      await this.#backoff.pause();
    }
  }

  async #revoke(leaseId: LeaseId, timeoutMs: number): Promise<boolean> {
    try {
      await this.#options.client.revokeLease(leaseId, timeoutMs);
      return true;
    } catch (error) {
      return error instanceof EtcdFailure && error.reason === "lease-not-found";
    }
  }
}
