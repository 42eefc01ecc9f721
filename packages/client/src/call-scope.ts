import { type Clock, GoverseError, type Timer } from "@goverse/core";

/** How a call begins. */
export interface CallScopeOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly callId: string;
  /** The caller's own signal. */
  readonly signal: AbortSignal | undefined;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/** The time of one call with all its attempts: from here to its deadline, or until somebody gives it up. */
export class CallScope {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #undo: (() => void)[] = [];
  #failure: GoverseError | undefined;

  constructor({ clock, timeoutMs, callId, signal, closing }: CallScopeOptions) {
    this.#clock = clock;
    this.#deadlineMs = clock.monotonicMs() + timeoutMs;
    const timer = clock.setTimer(timeoutMs, () =>
      this.#fail(new GoverseError("DEADLINE_EXCEEDED", `no reply within ${timeoutMs} ms`, { callId })),
    );
    this.#undo.push(() => timer.cancel());
    this.#follow(closing, () => new GoverseError("CANCELLED", "the client is closed", { callId }));
    if (signal !== undefined) {
      this.#follow(signal, () => new GoverseError("CANCELLED", "the caller gave the call up", { callId }));
    }
  }

  /** Aborted when the call is over before it has an answer. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why the call is over before it has an answer. */
  get failure(): GoverseError | undefined {
    return this.#failure;
  }

  /** Time left, in milliseconds. */
  get remainingMs(): number {
    return this.#deadlineMs - this.#clock.monotonicMs();
  }

  /** Waits, or until the call is over. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer: Timer = this.#clock.setTimer(delayMs, () => {
        this.signal.removeEventListener("abort", wake);
        resolve();
      });
      const wake = (): void => {
        timer.cancel();
        resolve();
      };
      this.signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Forgets timer and signals. */
  end(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #follow(signal: AbortSignal, failure: () => GoverseError): void {
    const abort = (): void => this.#fail(failure());
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#undo.push(() => signal.removeEventListener("abort", abort));
  }

  #fail(failure: GoverseError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#abort.abort();
  }
}
