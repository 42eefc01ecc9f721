import { GoverseError } from "@goverse/core";

/** Something that is reached once, or never. Nobody has to wait for it. */
export class Milestone {
  readonly #reached: Promise<void>;
  readonly #whyMissed: string;
  #resolve: () => void = () => {};
  #reject: (error: GoverseError) => void = () => {};

  /** @param whyMissed Message of the `CANCELLED` that whoever waits gets when it cannot be reached any more. */
  constructor(whyMissed: string) {
    this.#whyMissed = whyMissed;
    this.#reached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#reached.catch(() => {});
  }

  /** Resolves when it is reached, rejects when it is missed. */
  get reached(): Promise<void> {
    return this.#reached;
  }

  /** It is reached. Nothing when it was missed before. */
  reach(): void {
    this.#resolve();
  }

  /** It cannot be reached any more. Nothing when it was reached before. */
  miss(): void {
    this.#reject(new GoverseError("CANCELLED", this.#whyMissed));
  }
}
