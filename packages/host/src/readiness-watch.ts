import type { Clock, Timer } from "@goverse/core";
import { Milestone } from "./milestone.ts";
import type { Readiness } from "./ops-router.ts";

/**
 * How often readiness is looked at without an occasion, in milliseconds: silence of etcd makes a process unready, and silence is no
 * event. Reading it costs microseconds.
 */
const CHECK_INTERVAL_MS = 500;

/**
 * How long a process must be unready before that is told, in milliseconds: shards that change hands have no owner for some
 * milliseconds, calls to them wait, and nobody needs to hear of each.
 */
const GRACE_MS = 1_000;

/** Tells when a process becomes ready and when it stops being so. */
export class ReadinessWatch {
  readonly #read: () => Readiness;
  readonly #clock: Clock;
  readonly #listeners = new Set<(readiness: Readiness) => void>();
  readonly #first = new Milestone("the process stopped before it was ready");
  #ready = false;
  #unreadySinceMs: number | undefined;
  #timer: Timer | undefined;
  #closed = false;

  /** @param read The readiness of this moment. */
  constructor(read: () => Readiness, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Resolves when the process is ready for the first time. Rejects with `CANCELLED` when it stops before. */
  get first(): Promise<void> {
    return this.#first.reached;
  }

  /** Hears when it becomes ready, and when it has not been so for a second. Returns the way to end that. */
  subscribe(listener: (readiness: Readiness) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now, and from now on from time to time. Call it whenever something may have changed. */
  check(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(CHECK_INTERVAL_MS, () => this.check());
    const readiness = this.#read();
    if (readiness.ready || this.#hasLasted()) this.#report(readiness);
  }

  /** Reports the end of readiness, and looks no more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#report({ ready: false, reason: "stopping" });
    this.#first.miss();
  }

  /** Whether the process has been unready for the time of grace. */
  #hasLasted(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#unreadySinceMs ??= nowMs;
    return nowMs - this.#unreadySinceMs >= GRACE_MS;
  }

  #report(readiness: Readiness): void {
    if (readiness.ready) {
      this.#unreadySinceMs = undefined;
      this.#first.reach();
    }
    if (readiness.ready === this.#ready) return;
    this.#ready = readiness.ready;
    for (const listener of this.#listeners) listener(readiness);
  }
}
