import type { CallerInfo, CancelSignal, Epoch, ObjectId, Payload } from "@goverse/core";

/** What every request to one object carries. */
export interface ObjectRequest {
  /** Name of the object's type as the caller wrote it; it need not be registered. */
  readonly type: string;
  readonly id: ObjectId;
  /** Identifies the call in logs and in errors. */
  readonly callId: string;
  /** Ids of the turns that led to this call, outermost first; empty when no object called. */
  readonly chain: readonly string[];
  /** When the caller stops waiting, on the monotonic time of the node's clock. Not finite: the default of 10 s from now. */
  readonly deadlineMs: number;
  /** Aborts when the caller gave up: a queued call is removed, a running turn hears of it through `ctx.signal`. */
  readonly signal?: CancelSignal | undefined;
}

/** One call of one method. */
export interface Invocation extends ObjectRequest {
  /** Name of the method as the caller wrote it. */
  readonly method: string;
  /** The encoded input; `undefined` for methods without one. */
  readonly payload: Payload | undefined;
  readonly caller: CallerInfo;
}

/** What a finished turn answers. */
export interface InvocationReply {
  /** The encoded output; `undefined` for methods without one. */
  readonly payload: Payload | undefined;
  /** The ownership under which the turn ran, so that the receiver can drop replies of an owner that has been replaced. */
  readonly epoch: Epoch;
}
