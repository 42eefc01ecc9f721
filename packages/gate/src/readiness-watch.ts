import type { Clock, Timer } from "@goverse/core";
import type { Readiness } from "@goverse/host";
import { Milestone } from "./milestone.ts";

/** How often readiness is looked at without an occasion, in milliseconds: etcd falling silent is no event. */
const CHECK_INTERVAL_MS = 500;

/** Watches a readiness that is computed elsewhere, and tells when it changes between ready and not ready. */
export class ReadinessWatch {
  readonly #read: () => Readiness;
  readonly #clock: Clock;
  readonly #listeners = new Set<(readiness: Readiness) => void>();
  readonly #first = new Milestone("the gate stopped before it was ready");
  #ready = false;
  #timer: Timer | undefined;

  constructor(read: () => Readiness, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Resolves with the first time of being ready; rejects when that cannot come any more. */
  get first(): Promise<void> {
    return this.#first.reached;
  }

  /** Calls `listener` whenever ready becomes not ready, or the other way round. Returns the way to end that. */
  subscribe(listener: (readiness: Readiness) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now, and from now on from time to time. */
  check(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(CHECK_INTERVAL_MS, () => this.check());
    this.#report(this.#read());
  }

  /** It is over: whoever still waits to be ready waits in vain. */
  end(): void {
    this.#report(this.#read());
    this.#timer?.cancel();
    this.#first.miss();
    this.#listeners.clear();
  }

  #report(readiness: Readiness): void {
    if (readiness.ready) this.#first.reach();
    if (readiness.ready === this.#ready) return;
    this.#ready = readiness.ready;
    for (const listener of this.#listeners) listener(readiness);
  }
}
