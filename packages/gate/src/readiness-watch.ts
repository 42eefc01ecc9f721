import { GoverseError } from "@goverse/core";
import type { Readiness } from "@goverse/host";

/** Watches a readiness that is computed elsewhere, and tells when it changes. */
export class ReadinessWatch {
  /** Resolves with the first time of being ready; rejects when that cannot come any more. */
  readonly first: Promise<void>;
  readonly #read: () => Readiness;
  readonly #listeners = new Set<(readiness: Readiness) => void>();
  #last: Readiness = { ready: false, reason: "starting" };
  #resolveFirst: () => void = () => {};
  #rejectFirst: (error: GoverseError) => void = () => {};

  constructor(read: () => Readiness) {
    this.#read = read;
    this.first = new Promise((resolve, reject) => {
      this.#resolveFirst = resolve;
      this.#rejectFirst = reject;
    });
    // Whoever does not ask is not told by a crash.
    this.first.catch(() => {});
  }

  /** Calls `listener` whenever readiness or its reason changes. Returns the way to end that. */
  subscribe(listener: (readiness: Readiness) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks again. To be called whenever something may have changed. */
  check(): void {
    const now = this.#read();
    if (textOf(now) === textOf(this.#last)) return;
    this.#last = now;
    if (now.ready) this.#resolveFirst();
    for (const listener of this.#listeners) listener(now);
  }

  /** It is over: whoever still waits to be ready waits in vain. */
  end(): void {
    this.check();
    this.#rejectFirst(new GoverseError("CANCELLED", "the gate stopped before it was ready"));
    this.#listeners.clear();
  }
}

function textOf(readiness: Readiness): string {
  return readiness.ready ? "" : readiness.reason;
}
