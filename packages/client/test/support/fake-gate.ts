import type { Payload } from "@goverse/core";
import type { ClientEvent } from "@goverse/protocol";

/** A request as it arrived. */
export interface Seen {
  readonly kind: "call" | "create" | "destroy";
  readonly type: string;
  readonly id: string;
  readonly method?: string;
  readonly payload?: Payload | undefined;
  readonly clientId?: string | undefined;
  readonly callId: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly repeatable: string | undefined;
  /** Aborted when the client hung up. */
  readonly signal: AbortSignal;
}

/** What a test's gate does with a request. What it throws is answered as a gate answers it. */
export type Answer = (seen: Seen) => Promise<Payload | boolean | undefined>;

/** A gate without a system behind it, over either wire. */
export interface FakeGate {
  readonly address: string;
  readonly seen: readonly Seen[];
  /** Streams that are open now. */
  readonly streamCount: number;
  /** What a client that asks for events is told instead of an id. */
  refuse: Error | undefined;
  push(event: ClientEvent): void;
  pushGarbage(): void;
  heartbeat(): void;
  /** Ends every stream in an orderly way. */
  endStreams(): void;
  /** Cuts every connection in the middle. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a gate. `port` 0 takes a free one. */
export type StartGate = (answer: Answer, port?: number) => Promise<FakeGate>;
