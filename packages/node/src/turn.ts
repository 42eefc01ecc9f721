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

/** What a turn is made from. */
export interface TurnRequest extends Pick<ObjectRequest, "callId" | "chain" | "signal"> {
  readonly payload?: Payload | undefined;
  readonly caller?: CallerInfo;
}

const NOBODY: CallerInfo = { clientId: undefined };

type Resolve = (reply: InvocationReply) => void;
type Reject = (error: GoverseError) => void;

/*
 * One executor for all promises: it leaves the two functions of the latest here, for whoever made that promise to take at once. A
 * closure for each call would be one more object to make and to collect.
 */
let latestResolve: Resolve;
let latestReject: Reject;
const leaveFunctions = (resolve: Resolve, reject: Reject): void => {
  latestResolve = resolve;
  latestReject = reject;
};

/**
 * One method execution on one object, from its arrival until the method has really ended. The caller may be answered earlier, when
 * the deadline passes; the object is not free before the end.
 */
export class Turn {
  readonly cell: Cell;
  readonly method: ObjectMethod;
  readonly request: TurnRequest;
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
  /** Neighbours in the book of all turns. */
  older: Turn | undefined = undefined;
  newer: Turn | undefined = undefined;
  /** The answer, when it is there before anybody asked for the promise of it. */
  #reply: InvocationReply | undefined = undefined;
  #failure: GoverseError | undefined = undefined;
  #resolve: Resolve | undefined = undefined;
  #reject: Reject | undefined = undefined;
  #onCallerGone: (() => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #abortReason: GoverseError | undefined = undefined;

  /** Both times are on the monotonic clock. */
  constructor(cell: Cell, method: ObjectMethod, request: TurnRequest, arrivedMs: number, deadlineMs: number) {
    this.cell = cell;
    this.method = method;
    this.request = request;
    this.arrivedMs = arrivedMs;
    this.deadlineMs = deadlineMs;
  }

  get callId(): string {
    return this.request.callId;
  }

  get chain(): readonly string[] {
    return this.request.chain;
  }

  get caller(): CallerInfo {
    return this.request.caller ?? NOBODY;
  }

  /** What `ctx.signal` is; made on demand. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** Calls `gone` when the caller gives up before it is answered. */
  watchCaller(gone: () => void): void {
    this.#onCallerGone = gone;
    this.request.signal?.addEventListener("abort", gone, { once: true });
  }

  /** Tells the method to stop, if it listens. */
  abort(reason: GoverseError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** What the caller awaits. To be asked for once; a turn that has ended by then needs no functions to settle it. */
  takeReply(): Promise<InvocationReply> {
    if (this.#reply !== undefined) return Promise.resolve(this.#reply);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const reply = new Promise<InvocationReply>(leaveFunctions);
    this.#resolve = latestResolve;
    this.#reject = latestReject;
    return reply;
  }

  /** Answers the caller. Only the first answer counts. */
  succeed(reply: InvocationReply): void {
    if (!this.#isFirstAnswer()) return;
    if (this.#resolve === undefined) this.#reply = reply;
    else this.#resolve(reply);
  }

  /** Answers the caller with a failure. Only the first answer counts. */
  fail(error: GoverseError): void {
    if (!this.#isFirstAnswer()) return;
    if (this.#reject === undefined) this.#failure = error;
    else this.#reject(error);
  }

  #isFirstAnswer(): boolean {
    if (this.answered) return false;
    this.answered = true;
    if (this.#onCallerGone !== undefined) this.request.signal?.removeEventListener("abort", this.#onCallerGone);
    return true;
  }
}
