import { GoverseError } from "@goverse/core";

/** Something that happens once, or turns out never to happen. */
export class Milestone {
  /** Resolves when it happens, rejects with `CANCELLED` when it will not. */
  readonly reached: Promise<void>;
  readonly #missedText: string;
  #resolve: () => void = () => {};
  #reject: (error: GoverseError) => void = () => {};

  /** @param missedText What to tell whoever waits for it in vain. */
  constructor(missedText: string) {
    this.#missedText = missedText;
    this.reached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever does not ask is not told by a crash.
    this.reached.catch(() => {});
  }

  reach(): void {
    this.#resolve();
  }

  miss(): void {
    this.#reject(new GoverseError("CANCELLED", this.#missedText));
  }
}
