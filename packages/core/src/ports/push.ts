import type { Payload } from "../payload.ts";

/** One event on its way to clients. */
export interface PushMessage {
  /** Client ids (`gate address/unique part`), or `"everyone"` for a broadcast to all clients of all gates. */
  readonly to: readonly string[] | "everyone";
  /** The object that sent it. */
  readonly source: { readonly type: string; readonly id: string };
  readonly event: string;
  readonly payload: Payload | undefined;
}

/** Takes the pushes of a finished turn. Delivery is at most once; what cannot be delivered is dropped and counted. */
export interface PushSink {
  push(messages: readonly PushMessage[]): void;
}
