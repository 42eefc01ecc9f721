import { GoverseError } from "@goverse/core";

/** The failure of a call; throws when it succeeds or fails with something else. */
export async function failureOf(promise: Promise<unknown>): Promise<GoverseError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof GoverseError) return outcome;
  throw new Error(`expected a GoverseError, got ${String(outcome)}`, { cause: outcome });
}

/** A promise and what fulfils it. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

/** What a test leaves open, closed in reverse order. */
export class Cleanups {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}
