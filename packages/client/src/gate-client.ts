import {
  type AnyContract,
  type CallOptions,
  type CallRequest,
  type EventData,
  type EventsOf,
  GoverseError,
  invalidArgument,
  type Payload,
  type Remote,
  remote,
} from "@goverse/core";
import { callGates } from "./call-gates.ts";
import { CallScope } from "./call-scope.ts";
import type { Client, ConnectionState, EventMeta } from "./client.ts";
import { Connection } from "./connection.ts";
import { EventListeners, MAX_LISTENERS } from "./event-listeners.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Attempt, Transport } from "./transport.ts";

/** Time a call takes at most when its caller says nothing, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 10_000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: GoverseError) => void;
}

/** A client over any transport. */
export class GateClient implements Client {
  readonly #transport: Transport;
  readonly #options: ResolvedOptions;
  readonly #listeners: EventListeners;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  readonly #stateListeners = new Set<{ readonly call: (state: ConnectionState) => void }>();
  readonly #waiters = new Set<Waiter>();
  /** The gate to start with. */
  #gate: number;
  #lastFailure: GoverseError | undefined;

  constructor(transport: Transport, options: ResolvedOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#gate = Math.min(Math.floor(options.random() * transport.gates.length), transport.gates.length - 1);
    const listeners = new EventListeners(options.logger);
    this.#listeners = listeners;
    this.#connection = new Connection({
      transport,
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      firstGate: () => this.#gate,
      handlers: {
        onEvent: (event) => listeners.deliver(event),
        onUnreadable: (error) => listeners.drop("something came that is no event", undefined, error),
      },
      onState: (state) => this.#announce(state),
      onFailure: (error, final) => this.#failed(error, final),
    });
  }

  get clientId(): string | undefined {
    return this.#connection.clientId;
  }

  get droppedEvents(): number {
    return this.#listeners.droppedCount;
  }

  object<C extends AnyContract>(contract: C, id: string): Remote<C> {
    return remote(this.#transport.adapt(contract), id, this);
  }

  call(request: CallRequest): Promise<Payload | undefined> {
    return this.#run(request, request.repeatable, (attempt) => this.#transport.call(request, this.clientId, attempt));
  }

  create(contract: AnyContract, id: string, options: CallOptions = {}): Promise<void> {
    // Creating twice is creating once.
    return this.#run(options, true, (attempt) => this.#transport.create(contract.name, id, attempt));
  }

  destroy(contract: AnyContract, id: string, options: CallOptions = {}): Promise<boolean> {
    // Not repeated: by the second time somebody may have made a new one.
    return this.#run(options, false, (attempt) => this.#transport.destroy(contract.name, id, attempt));
  }

  on<C extends AnyContract, Name extends keyof EventsOf<C> & string>(
    contract: C,
    event: Name,
    listener: (data: EventData<C, Name>, meta: EventMeta) => void,
  ): () => void {
    return this.#listeners.add(contract, event, (data, meta) => listener(data as EventData<C, Name>, meta));
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    if (this.#stateListeners.size >= MAX_LISTENERS) {
      throw new GoverseError(
        "RESOURCE_EXHAUSTED",
        `${MAX_LISTENERS} listeners are the most: end those not needed any more`,
      );
    }
    const entry = { call: listener };
    this.#stateListeners.add(entry);
    return () => void this.#stateListeners.delete(entry);
  }

  async connect(options: CallOptions = {}): Promise<void> {
    const scope = this.#scopeOf(options);
    try {
      if (scope.failure !== undefined) throw scope.failure;
      this.#connection.start();
      if (this.clientId === undefined) await this.#registered(scope);
    } finally {
      scope.end();
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#connection.stop();
    this.#transport.close();
    return Promise.resolve();
  }

  /** Waits for the first id. When that takes too long, the failure that stands in the way says more than the passed deadline. */
  #registered(scope: CallScope): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      this.#waiters.add(waiter);
      scope.signal.addEventListener("abort", () => {
        if (!this.#waiters.delete(waiter)) return;
        const cancelled = scope.failure?.code === "CANCELLED" ? scope.failure : undefined;
        reject(
          cancelled ?? this.#lastFailure ?? scope.failure ?? new GoverseError("CANCELLED", "the client is closed"),
        );
      });
    });
  }

  #announce(state: ConnectionState): void {
    if (state.connected) {
      this.#gate = this.#connection.gate ?? this.#gate;
      this.#lastFailure = undefined;
      for (const { resolve } of this.#takeWaiters()) resolve();
    }
    for (const { call } of this.#stateListeners) {
      try {
        call(state);
      } catch (error) {
        this.#options.logger.error("a listener failed", { error });
      }
    }
  }

  #failed(error: GoverseError, final: boolean): void {
    this.#lastFailure = error;
    if (final) for (const { reject } of this.#takeWaiters()) reject(error);
  }

  #takeWaiters(): readonly Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    return waiters;
  }

  async #run<Reply>(
    { timeoutMs, signal }: Pick<CallRequest, "timeoutMs" | "signal"> | CallOptions,
    repeatable: boolean,
    send: (attempt: Attempt) => Promise<Reply>,
  ): Promise<Reply> {
    const callId = this.#newCallId();
    const scope = this.#scopeOf({ timeoutMs, signal }, callId);
    try {
      return await callGates({
        gateCount: this.#transport.gates.length,
        firstGate: this.#connection.gate ?? this.#gate,
        send: (gate) => send({ gate, timeoutMs: scope.remainingMs, signal: scope.signal, callId, repeatable }),
        repeatable,
        scope,
        random: this.#options.random,
        onPreferred: (gate) => {
          this.#gate = gate;
        },
      });
    } finally {
      scope.end();
    }
  }

  #scopeOf(options: Partial<Pick<CallRequest, "timeoutMs" | "signal">>, callId: string = this.#newCallId()): CallScope {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
    if (!(timeoutMs > 0)) throw invalidArgument("timeoutMs", timeoutMs, "give a positive number of milliseconds");
    return new CallScope({ clock: this.#options.clock, timeoutMs, callId, signal, closing: this.#closing.signal });
  }

  /** Unique enough to find a call in logs; `crypto.randomUUID` is missing on pages without TLS. */
  #newCallId(): string {
    const part = (): string => Math.floor(this.#options.random() * 36 ** 8).toString(36);
    return `${this.#options.clock.wallMs().toString(36)}-${part()}${part()}`;
  }
}
