import type { ByteString } from "./byte-string.ts";
import { EtcdError } from "./errors.ts";
import { NO_LEASE } from "./key-value.ts";

/** Longest lease etcd grants, in seconds (some 285 years; its timers overflow past it). */
const MAX_TTL_SECONDS = 9_000_000_000;

/** One lease. Its keys are deleted when it ends. */
export interface Lease {
  readonly id: bigint;
  /** Granted life in seconds, counted from the last keepalive. */
  readonly ttlSeconds: number;
  /** When it ends, on the store's clock. */
  expiresAtMs: number;
  readonly keys: Set<ByteString>;
}

/** The leases and which keys hang on them. It knows no clock: the present comes in as `nowMs`. */
export class LeaseBook {
  readonly #leases = new Map<bigint, Lease>();
  readonly #minTtlSeconds: number;
  #nextId: bigint;

  constructor(options: { readonly minTtlSeconds: number; readonly firstId: bigint }) {
    this.#minTtlSeconds = options.minTtlSeconds;
    this.#nextId = options.firstId;
  }

  /** Creates a lease; `id` 0n lets the book choose. A TTL below the minimum is raised to it, as etcd does. */
  grant(id: bigint, ttlSeconds: number, nowMs: number): Lease {
    if (ttlSeconds > MAX_TTL_SECONDS) throw new EtcdError("leaseTtlTooLarge");
    if (this.#leases.has(id)) throw new EtcdError("leaseExists");
    const ttl = Math.max(ttlSeconds, this.#minTtlSeconds);
    const lease: Lease = {
      id: id === NO_LEASE ? this.#freeId() : id,
      ttlSeconds: ttl,
      expiresAtMs: nowMs + ttl * 1000,
      keys: new Set(),
    };
    this.#leases.set(lease.id, lease);
    return lease;
  }

  /** The lease, `undefined` when it ended or never existed. */
  find(id: bigint): Lease | undefined {
    return this.#leases.get(id);
  }

  /** The lease; throws `leaseNotFound`. */
  require(id: bigint): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new EtcdError("leaseNotFound");
    return lease;
  }

  /** Forgets a lease. Its keys are the caller's to delete, before. */
  remove(id: bigint): void {
    this.#leases.delete(id);
  }

  attach(id: bigint, key: ByteString): void {
    this.#leases.get(id)?.keys.add(key);
  }

  detach(id: bigint, key: ByteString): void {
    this.#leases.get(id)?.keys.delete(key);
  }

  /** All leases, the one that ends first in front. */
  all(): Lease[] {
    return [...this.#leases.values()].sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  }

  /** When the next lease ends, `undefined` without leases. */
  nextExpiryMs(): number | undefined {
    let next: number | undefined;
    for (const lease of this.#leases.values()) {
      if (next === undefined || lease.expiresAtMs < next) next = lease.expiresAtMs;
    }
    return next;
  }

  #freeId(): bigint {
    while (this.#leases.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }
}
