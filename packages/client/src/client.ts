import type { AnyContract, CallOptions, Caller, Clock, EventData, EventsOf, Logger, Remote } from "@goverse/core";

/** Where an event came from. */
export interface EventMeta {
  readonly type: string;
  readonly id: string;
}

/** Whether events arrive now. */
export interface ConnectionState {
  readonly connected: boolean;
  /** The id of this client, new with every connection: objects that push to it have to learn it again. */
  readonly clientId?: string;
  /** The gate as it was given in `gates`. */
  readonly gate?: string;
}

/**
 * A client of a GoVerse system. Calls work at once; events arrive after {@link Client.connect}. Everything it throws or rejects with
 * is a `GoverseError`.
 */
export interface Client extends Caller {
  /** A typed proxy of one object. Cheap: nothing is sent. */
  object<C extends AnyContract>(contract: C, id: string): Remote<C>;
  /** Activates an object. One that exists already stays as it is. A call does the same on the way. */
  create(contract: AnyContract, id: string, options?: CallOptions): Promise<void>;
  /**
   * Ends an object and forgets its state.
   * @returns False when there was none. Gates that do not say are believed to have ended one.
   */
  destroy(contract: AnyContract, id: string, options?: CallOptions): Promise<boolean>;
  /**
   * Hears an event of all objects of a type that push to this client. Data that does not fit the contract is logged, counted in
   * {@link Client.droppedEvents} and dropped; so is what a listener throws, without being dropped for the others.
   * @returns Ends it.
   * @throws GoverseError `INVALID_ARGUMENT` when the contract has no such event, `RESOURCE_EXHAUSTED` past 1000 listeners.
   */
  on<C extends AnyContract, Name extends keyof EventsOf<C> & string>(
    contract: C,
    event: Name,
    listener: (data: EventData<C, Name>, meta: EventMeta) => void,
  ): () => void;
  /**
   * Opens the stream of events and keeps it open: after a loss it is opened again, at another gate when there are several, with
   * growing pauses. Objects have to be told the new client id each time; {@link Client.onConnection} says when.
   * @returns When this client has its first id.
   * @throws GoverseError the last failure when that takes longer than `timeoutMs` (default 10 000); it is still tried then. Only
   * `UNAUTHENTICATED` and `PERMISSION_DENIED` end the trying.
   */
  connect(options?: CallOptions): Promise<void>;
  /** The id of this client while it is connected. Objects push to it. */
  readonly clientId: string | undefined;
  /** Events that were dropped since the start: invalid, unreadable, or more than could wait. */
  readonly droppedEvents: number;
  /**
   * Hears when the connection is made and lost.
   * @returns Ends it.
   */
  onConnection(listener: (state: ConnectionState) => void): () => void;
  /** Ends the connection and calls in flight (`CANCELLED`). The client cannot be used again. */
  close(): Promise<void>;
}

/** What every client may be told. */
export interface ClientOptions {
  /** Addresses of the gates, at least one. The first one tried is chosen at random. */
  readonly gates: readonly string[];
  /** Longest reply or event, in bytes. Default 4 MiB and 64 KiB. */
  readonly maxReplyBytes?: number;
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Default: silent. */
  readonly logger?: Logger;
}
