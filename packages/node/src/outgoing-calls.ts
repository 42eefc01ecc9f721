import type { CallerInfo, CallRequest, Epoch, Payload, Place } from "@goverse/core";

/** The turn that calls another object. */
export interface CallOrigin {
  /** Ids of the turns that led here, this one last: what the callee gets as its chain. */
  readonly chain: readonly string[];
  /** What the callee is told of its caller: an object, so no client. */
  readonly caller: CallerInfo;
  /** The call that the calling turn serves, to follow a request through the logs. */
  readonly callId: string;
  /** Where the calling object lives. */
  readonly place: Place;
  /** The ownership under which the calling turn runs; a callee that knows a higher one refuses. */
  readonly epoch: Epoch;
}

/**
 * Where the calls of `ctx.object()` go: to this node again or to another one. The node has checked ownership, chain and time
 * before, so `request.timeoutMs` is always given.
 */
export interface OutgoingCalls {
  /** Resolves to the encoded output, `undefined` for methods without one. Rejects with `GoverseError`. */
  call(request: CallRequest, origin: CallOrigin): Promise<Payload | undefined>;
}
