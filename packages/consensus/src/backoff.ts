import { type Clock, sleep } from "@goverse/core";

/** Bounds of a growing, jittered pause between attempts. */
export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** For requests to etcd: quick enough to be back right after it, slow enough not to press a server that is starting. */
const ETCD_BACKOFF: BackoffLimits = { minMs: 50, maxMs: 1000 };

/** A pause that doubles with every use, jittered by half so that many processes do not come at once. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: BackoffLimits;
  #nextMs: number;

  constructor(clock: Clock, random: () => number, limits: BackoffLimits = ETCD_BACKOFF) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
    this.#nextMs = limits.minMs;
  }

  /** The next pause in milliseconds, between half of and the whole current step. */
  nextMs(): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(stepMs * 2, this.#limits.maxMs);
    return stepMs * (0.5 + this.#random() / 2);
  }

  /** Waits for the next pause. */
  async pause(): Promise<void> {
    await sleep(this.#clock, this.nextMs());
  }

  /** Starts again from the shortest pause: the last attempt succeeded. */
  reset(): void {
    this.#nextMs = this.#limits.minMs;
  }
}
