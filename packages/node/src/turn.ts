import type { CallerInfo, GoverseError, Payload } from "@goverse/core";
import type { Cell } from "./cell.ts";
import type { InvocationReply, ObjectRequest } from "./invocation.ts";
import type { ObjectMethod } from "./object-type.ts";
import type { Outbox } from "./outbox.ts";

/**
 * - `waiting`: in the mailbox.
 * - `preparing`: holds the object, but the method has not started: its input is being checked or the object activated.
 * - `running`: the method has started.
 * - `ended`: it has let go of the object.
 */
type TurnPhase = "waiting" | "preparing" | "running" | "ended";

/** What became of the caller: who answers settles this once. */
export interface Reply {
  readonly resolve: (reply: InvocationReply) => void;
  readonly reject: (error: GoverseError) => void;
}

/** What a turn is made from. */
export interface TurnRequest extends ObjectRequest {
  readonly payload?: Payload | undefined;
  readonly caller?: CallerInfo;
}

const NOBODY: CallerInfo = { clientId: undefined };

/**
 * One method execution on one object, from its arrival until the method has really ended. The caller may be answered earlier, when
 * the deadline passes; the object is not free before the end.
 */
export class Turn {
  readonly cell: Cell;
  readonly method: ObjectMethod;
  readonly callId: string;
  readonly chain: readonly string[];
  readonly caller: CallerInfo;
  /** The request's payload: the reply is encoded alike. */
  readonly payload: Payload | undefined;
  readonly deadlineMs: number;
  readonly arrivedMs: number;
  startedMs = 0;
  phase: TurnPhase = "waiting";
  answered = false;
  /** The checked input, or the promise of it. */
  input: unknown = undefined;
  outbox: Outbox | undefined = undefined;
  /** Id in chains; given when the turn first calls another object, because most never do. */
  id: string | undefined = undefined;
  /** Neighbours in the mailbox. */
  before: Turn | undefined = undefined;
  after: Turn | undefined = undefined;
  readonly #reply: Reply;
  readonly #signal: AbortSignal | undefined;
  #onCallerGone: (() => void) | undefined;
  #controller: AbortController | undefined;
  #abortReason: GoverseError | undefined;

  constructor(cell: Cell, method: ObjectMethod, request: TurnRequest, times: TurnTimes, reply: Reply) {
    this.cell = cell;
    this.method = method;
    this.callId = request.callId;
    this.chain = request.chain;
    this.caller = request.caller ?? NOBODY;
    this.payload = request.payload;
    this.deadlineMs = times.deadlineMs;
    this.arrivedMs = times.arrivedMs;
    this.#reply = reply;
    this.#signal = request.signal;
  }

  /** What `ctx.signal` is; made on demand. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** Calls `gone` when the caller gives up before it is answered. */
  watchCaller(gone: () => void): void {
    if (this.#signal === undefined) return;
    this.#onCallerGone = gone;
    this.#signal.addEventListener("abort", gone, { once: true });
  }

  /** Tells the method to stop, if it listens. */
  abort(reason: GoverseError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Answers the caller. Only the first answer counts. */
  succeed(reply: InvocationReply): void {
    if (this.#isFirstAnswer()) this.#reply.resolve(reply);
  }

  /** Answers the caller with a failure. Only the first answer counts. */
  fail(error: GoverseError): void {
    if (this.#isFirstAnswer()) this.#reply.reject(error);
  }

  #isFirstAnswer(): boolean {
    if (this.answered) return false;
    this.answered = true;
    if (this.#onCallerGone !== undefined) this.#signal?.removeEventListener("abort", this.#onCallerGone);
    return true;
  }
}

/** When a turn arrived and must be answered, on the monotonic clock. */
export interface TurnTimes {
  readonly arrivedMs: number;
  readonly deadlineMs: number;
}
