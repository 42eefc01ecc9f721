import type { AnyContract, CallRequest, GoverseError, Payload } from "@goverse/core";
import type { ClientEvent } from "@goverse/protocol";

/** What a transport is told of every request. */
export interface Attempt {
  /** Which of the gates, by its place in {@link Transport.gates}. */
  readonly gate: number;
  /** Time left, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when the time is up or the caller gave up. What the transport throws afterwards is not looked at. */
  readonly signal: AbortSignal;
  readonly callId: string;
  readonly repeatable: boolean;
}

/** What happens on a stream of events. */
export interface EventStreamHandlers {
  /** The gate has given this client an id: the first thing that happens. */
  readonly onRegistered: (clientId: string) => void;
  readonly onEvent: (event: ClientEvent) => void;
  /** Something came that says it is an event and is not. */
  readonly onUnreadable: (error: unknown) => void;
  /** Something came, a heartbeat at least. */
  readonly onAlive: () => void;
  /** The stream is over; exactly once, and not after `close`. */
  readonly onEnd: (error: GoverseError | undefined) => void;
}

/** How a client speaks with gates. Everything it throws is a `GoverseError`, unless the attempt was aborted. */
export interface Transport {
  /** The gates as they were given. */
  readonly gates: readonly string[];
  /** Whether a stream that stays silent is dead. False where the connection itself is watched. */
  readonly heartbeats: boolean;
  call(request: CallRequest, clientId: string | undefined, attempt: Attempt): Promise<Payload | undefined>;
  create(type: string, id: string, attempt: Attempt): Promise<void>;
  destroy(type: string, id: string, attempt: Attempt): Promise<boolean>;
  openEvents(gate: number, handlers: EventStreamHandlers): { close(): void };
  /** The contract as this transport can carry it. */
  adapt<C extends AnyContract>(contract: C): C;
  close(): void;
}
