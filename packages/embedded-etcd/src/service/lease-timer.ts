import type { EtcdClock, EtcdLogger, EtcdTimer } from "../ports.ts";
import type { EtcdStore } from "../store/etcd-store.ts";
import type { PauseGate } from "./pause-gate.ts";

/** Longest timer set, in milliseconds: runtimes run a timer beyond 2^31 at once. A lease further away is looked at again then. */
const MAX_TIMER_MS = 24 * 60 * 60 * 1000;

/** Ends leases when their time comes: one timer, set to the lease that ends first. */
export class LeaseTimer {
  readonly #store: EtcdStore;
  readonly #clock: EtcdClock;
  readonly #logger: EtcdLogger | undefined;
  readonly #gate: PauseGate;
  readonly #stopListening: () => void;
  #timer: EtcdTimer | undefined;
  #dueMs: number = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(store: EtcdStore, clock: EtcdClock, gate: PauseGate, logger: EtcdLogger | undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#gate = gate;
    this.#stopListening = gate.onResume(() => this.#expire());
  }

  /** To be called after a grant: a renewed lease only makes the timer fire early, which is harmless. */
  arm(): void {
    const nextMs = this.#store.nextLeaseExpiryMs();
    if (this.#stopped || nextMs === undefined || nextMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = nextMs;
    const delayMs = Math.min(Math.max(nextMs - this.#clock.monotonicMs(), 0), MAX_TIMER_MS);
    this.#timer = this.#clock.setTimer(Math.ceil(delayMs), () => this.#expire());
  }

  /** Forgets the timer. */
  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#timer?.cancel();
  }

  #expire(): void {
    this.#timer?.cancel();
    this.#dueMs = Number.POSITIVE_INFINITY;
    // A paused server ends nothing; the end of the pause comes back here.
    if (this.#gate.paused) return;
    for (const id of this.#store.expireLeases()) this.#logger?.debug("lease expired", { leaseId: id.toString(16) });
    this.arm();
  }
}
