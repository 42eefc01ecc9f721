import type { Clock, Timer } from "@goverse/core";

/** One timer for many reasons: rings at the earliest time that anybody has asked for since it last rang. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `atMs` (monotonic) at the latest. */
  setBy(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.cancel();
    this.#atMs = atMs;
    this.#timer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
