import type { ReceivedCall } from "./call-codec.ts";
import { costOf } from "./limits.ts";

/** What a handler knows of a call besides the call: the same as of a unary one. */
export interface LinkCallContext {
  /** Aborted when the caller gave up or its link was lost. */
  readonly signal: AbortSignal;
  /** Time left until the caller's deadline, in milliseconds; `undefined` when it named none. */
  readonly remainingMs: number | undefined;
}

/** A call that is being served. */
export class RunningCall implements LinkCallContext {
  readonly seq: number;
  readonly remainingMs: number | undefined;
  /** Bytes it counts for. */
  readonly cost: number;
  /** Whether a turn waits for it, so that it used no room. */
  readonly nested: boolean;
  #abort: AbortController | undefined;
  #aborted = false;

  constructor(call: ReceivedCall) {
    this.seq = call.seq;
    this.remainingMs = call.remainingMs === 0 ? undefined : call.remainingMs;
    this.cost = costOf(call);
    this.nested = call.chain.length > 0;
  }

  // Made when somebody asks: most calls are over before anybody does.
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#aborted) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** The caller does not want it any more. */
  cancel(): void {
    this.#aborted = true;
    this.#abort?.abort();
  }
}
