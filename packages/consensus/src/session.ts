import type { Clock, Logger, Timer } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import { type EtcdClient, EtcdFailure, type KeepAliveStream, type LeaseId } from "./etcd/client.ts";

/** What a session needs. */
export interface SessionOptions {
  readonly client: EtcdClient;
  readonly ttlSeconds: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
  /** Makes lease ids: positive, below 2^63, never the same twice in a cluster. */
  readonly newLeaseId: () => LeaseId;
  /** Called once, at the deadline or when etcd says that the lease has ended, whichever is first. */
  readonly onLost: (why: string) => void;
}

/**
 * Share of the time to live after which the lease counts as lost here. The server counts from when it *received* the keepalive,
 * this process from when it *sent* it, so it is always first; the rest covers clocks that run at different speeds.
 */
const SAFE_SHARE = 0.9;
/** Keepalives per time to live: two may be lost before the third comes too late. */
const KEEPALIVES_PER_TTL = 3;

/**
 * One lease, kept alive: the proof that this process may own anything.
 *
 * Ownership ends at a deadline on the own monotonic clock, never at a signal from elsewhere: a process cut off from etcd, or
 * stopped and continued, knows it without asking anybody.
 */
export class LeaseSession {
  readonly #options: SessionOptions;
  readonly #backoff: Backoff;
  readonly #ttlMs: number;
  #leaseId: LeaseId;
  #deadlineMs = Number.NEGATIVE_INFINITY;
  #over = false;
  #stream: KeepAliveStream | undefined;
  #sentAtMs: number | undefined;
  #keepAliveTimer: Timer | undefined;
  #deadlineTimer: Timer | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options.random);
    this.#ttlMs = options.ttlSeconds * 1000;
    this.#leaseId = options.newLeaseId();
  }

  get leaseId(): LeaseId {
    return this.#leaseId;
  }

  /** Monotonic time from which on nothing is owned under this lease. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Whether the lease certainly still exists. Reads the clock afresh. */
  get alive(): boolean {
    return !this.#over && this.#options.clock.monotonicMs() < this.#deadlineMs;
  }

  /**
   * Gets the lease, trying until it succeeds or {@link end} is called. Never has two: a grant whose answer was lost is asked for
   * again under the same id, and a new id is chosen only when the old lease has ended.
   */
  async open(): Promise<void> {
    const { client, ttlSeconds, clock, requestTimeoutMs, logger } = this.#options;
    let firstSentAtMs = clock.monotonicMs();
    while (!this.#over) {
      const sentAtMs = clock.monotonicMs();
      try {
        const ttl = await client.grantLease(this.#leaseId, ttlSeconds, requestTimeoutMs);
        this.#begin(sentAtMs, ttl);
        return;
      } catch (error) {
        const exists = error instanceof EtcdFailure && error.reason === "lease-exists";
        if (exists && clock.monotonicMs() < firstSentAtMs + this.#ttlMs / 2) {
          // The first attempt did arrive. It counts from then, and the keepalive that follows at once prolongs it.
          this.#begin(firstSentAtMs, ttlSeconds);
          return;
        }
        if (exists && (await this.#discard())) firstSentAtMs = clock.monotonicMs();
        logger.debug("no lease yet", { why: String(error) });
        await this.#backoff.pause();
      }
    }
  }

  /** Ends a lease that is too old to begin with, so that there are never two. */
  async #discard(): Promise<boolean> {
    const { client, requestTimeoutMs, newLeaseId } = this.#options;
    try {
      await client.revokeLease(this.#leaseId, requestTimeoutMs);
    } catch (error) {
      if (!(error instanceof EtcdFailure && error.reason === "lease-not-found")) return false;
    }
    this.#leaseId = newLeaseId();
    return true;
  }

  /** Stops keeping it alive, without a call to `onLost`. What is under the lease stays until it expires or is revoked. */
  end(): void {
    this.#over = true;
    this.#keepAliveTimer?.cancel();
    this.#deadlineTimer?.cancel();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #begin(sentAtMs: number, ttlSeconds: number): void {
    if (this.#over) return;
    this.#extend(sentAtMs, ttlSeconds);
    this.#sendAt(sentAtMs);
  }

  #extend(sentAtMs: number, ttlSeconds: number): void {
    const ttlMs = Math.min(this.#ttlMs, ttlSeconds * 1000);
    this.#deadlineMs = Math.max(this.#deadlineMs, sentAtMs + ttlMs * SAFE_SHARE);
    this.#armDeadline();
  }

  #armDeadline(): void {
    const { clock } = this.#options;
    this.#deadlineTimer?.cancel();
    const leftMs = Math.max(0, this.#deadlineMs - clock.monotonicMs());
    this.#deadlineTimer = clock.setTimer(leftMs, () => {
      if (clock.monotonicMs() >= this.#deadlineMs) this.#lose("no keepalive was answered in time");
      else this.#armDeadline();
    });
  }

  /** Plans the keepalive that follows one sent at `sentAtMs`. */
  #sendAt(sentAtMs: number): void {
    const { clock } = this.#options;
    const dueInMs = sentAtMs + this.#ttlMs / KEEPALIVES_PER_TTL - clock.monotonicMs();
    this.#keepAliveTimer?.cancel();
    this.#keepAliveTimer = clock.setTimer(Math.max(0, dueInMs), () => this.#send());
  }

  #send(): void {
    if (this.#over) return;
    const { client, clock } = this.#options;
    this.#stream ??= client.openKeepAlive({
      onAnswer: (ttlSeconds) => this.#onAnswer(ttlSeconds),
      onEnd: (message) => this.#reopen(message),
    });
    this.#sentAtMs = clock.monotonicMs();
    this.#stream.send(this.#leaseId);
    // An answer that does not come is not waited for: a new stream, perhaps to another member, asks again.
    this.#keepAliveTimer?.cancel();
    this.#keepAliveTimer = clock.setTimer(this.#ttlMs / KEEPALIVES_PER_TTL, () => this.#reopen("no answer"));
  }

  #onAnswer(ttlSeconds: number): void {
    const sentAtMs = this.#sentAtMs;
    // Not asked for: an answer pairs with the one keepalive that is under way, or with nothing.
    if (this.#over || sentAtMs === undefined) return;
    this.#sentAtMs = undefined;
    if (ttlSeconds <= 0) {
      this.#lose("etcd has ended the lease");
      return;
    }
    if (this.#options.clock.monotonicMs() >= this.#deadlineMs) {
      // Prolonged, but too late: what was owned under it has been given up already.
      this.#lose("the keepalive was answered after the deadline");
      return;
    }
    this.#backoff.reset();
    this.#extend(sentAtMs, ttlSeconds);
    this.#sendAt(sentAtMs);
  }

  #reopen(why: string): void {
    if (this.#over) return;
    this.#options.logger.debug("the keepalive stream is opened anew", { why });
    this.#stream?.close();
    this.#stream = undefined;
    this.#sentAtMs = undefined;
    this.#keepAliveTimer?.cancel();
    this.#keepAliveTimer = this.#options.clock.setTimer(this.#backoff.nextMs(), () => this.#send());
  }

  #lose(why: string): void {
    if (this.#over) return;
    this.end();
    this.#options.onLost(why);
  }
}
