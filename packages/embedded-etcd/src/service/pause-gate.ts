import { EtcdError } from "../store/errors.ts";

/** Requests held back while the server is paused; past it they are refused, as by an etcd that cannot keep up. */
const MAX_HELD_REQUESTS = 10_000;

/** Lets work through, or holds it back while the server plays dead. */
export class PauseGate {
  readonly #listeners = new Set<() => void>();
  readonly #held: (() => void)[] = [];
  #paused = false;

  /** Whether work is being held back. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Runs `work` now or, while paused, when the pause ends. Throws `tooManyRequests` when too much waits. */
  pass(work: () => void): void {
    if (!this.#paused) return work();
    if (this.#held.length >= MAX_HELD_REQUESTS) throw new EtcdError("tooManyRequests");
    this.#held.push(work);
  }

  pause(): void {
    this.#paused = true;
  }

  /** Ends the pause: listeners first, then the held work in the order it came. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const listener of this.#listeners) listener();
    for (const work of this.#held.splice(0)) work();
  }

  /** Calls `listener` whenever a pause ends; the result stops that. */
  onResume(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
