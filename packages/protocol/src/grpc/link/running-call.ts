import type { CancelSignal } from "@goverse/core";
import type { ReceivedCall } from "./call-codec.ts";
import { costOf } from "./limits.ts";

/** What a handler knows of a call besides the call: the same as of a unary one. */
export interface LinkCallContext {
  /** Aborted when the caller gave up or its link was lost. */
  readonly signal: CancelSignal;
  /** Time left until the caller's deadline, in milliseconds; `undefined` when it named none. */
  readonly remainingMs: number | undefined;
}

/**
 * A call that is being served. It is its own signal: an `AbortController` for each call would cost as much as the link does, and most
 * calls are over before anybody gives them up.
 */
export class RunningCall implements LinkCallContext, CancelSignal {
  readonly seq: number;
  readonly remainingMs: number | undefined;
  /** Bytes it counts for. */
  readonly cost: number;
  /** Whether a turn waits for it, so that it used no room. */
  readonly nested: boolean;
  aborted = false;
  #listeners: (() => void)[] | undefined;

  constructor(call: ReceivedCall) {
    this.seq = call.seq;
    this.remainingMs = call.remainingMs === 0 ? undefined : call.remainingMs;
    this.cost = costOf(call);
    this.nested = call.chain.length > 0;
  }

  get signal(): CancelSignal {
    return this;
  }

  // Each listener hears once at most, whatever it asked for: there is nothing to hear twice.
  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at !== -1) this.#listeners?.splice(at, 1);
  }

  /** The caller does not want it any more. */
  cancel(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners?.splice(0) ?? []) listener();
  }
}
