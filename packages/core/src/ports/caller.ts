import type { Payload } from "../payload.ts";

/** One call to one object, as the layer below a typed proxy sees it. */
export interface CallRequest {
  readonly type: string;
  readonly id: string;
  readonly method: string;
  /** The encoded input; `undefined` for methods without one. */
  readonly payload: Payload | undefined;
  /** Time the caller is willing to wait, in milliseconds; `undefined` leaves it to the default of the layer below. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the call may be repeated when nobody knows if it ran: reads, and methods declared idempotent. */
  readonly repeatable: boolean;
}

/** Something that carries calls to objects: a client, a gate, or the node itself. */
export interface Caller {
  /** Resolves to the encoded output, `undefined` for methods without one. Rejects with `GoverseError`. */
  call(request: CallRequest): Promise<Payload | undefined>;
}
