import type { Epoch, Payload } from "@goverse/core";

/** One call to one object on a node. */
export interface PeerCall {
  readonly type: string;
  readonly id: string;
  readonly method: string;
  readonly payload: Payload | undefined;
  /** The client on whose behalf the call is made; `undefined` for calls between objects. */
  readonly clientId?: string | undefined;
  readonly callId: string;
  /** Ids of the turns that wait for this call, outermost first. */
  readonly chain?: readonly string[] | undefined;
  /** Shard and epoch of the calling object, for the callee to refuse a caller that lost it. */
  readonly caller?: { readonly shard: number; readonly epoch: Epoch } | undefined;
}

/** What a node answered. */
export interface PeerReply {
  readonly payload: Payload | undefined;
  /** Epoch under which the turn ran; 0 when the node does not say. */
  readonly epoch: Epoch;
}

/** How long a call may take, and how to give it up. */
export interface PeerCallOptions {
  /** In milliseconds. It travels with the call. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}
