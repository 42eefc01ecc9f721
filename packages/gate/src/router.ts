import {
  type Address,
  type Clock,
  type Epoch,
  type EpochGuard,
  GoverseError,
  type Logger,
  type ObjectId,
  parseObjectId,
  type Payload,
  type Place,
  routeCall,
  type RouteTarget,
} from "@goverse/core";
import type { PeerCallOptions, PeerClient } from "@goverse/protocol/grpc";
import { timeoutFor } from "./deadline.ts";
import { checkMethod, checkType } from "./names.ts";

/** What every request to an object may say beside the object. */
export interface RequestOptions {
  /** Time the caller is willing to wait, in milliseconds. Default {@link DEFAULT_TIMEOUT_MS}, cut at {@link MAX_TIMEOUT_MS}. */
  readonly timeoutMs?: number | undefined;
  /** Aborted when the caller gives up. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the request may be sent again when nobody knows if it ran. Only the caller can know. Default false. */
  readonly repeatable?: boolean;
  /** Identifies the request in logs and errors. Default: a fresh one. */
  readonly callId?: string | undefined;
}

/** A client's call of one method. */
export interface ClientCall extends RequestOptions {
  readonly type: string;
  readonly id: string;
  readonly method: string;
  readonly payload: Payload | undefined;
  /** The client that calls, for the object to push to. */
  readonly clientId?: string | undefined;
}

/** The connection to one node, as far as a router uses it. Everything it rejects with is a `GoverseError`. */
export type NodeConnection = Pick<PeerClient, "callObject" | "createObject" | "deleteObject">;

/** What a router needs from around it. */
export interface RouterOptions {
  readonly shardCount: number;
  /** Who owns a place now, in the freshest map. */
  readonly locate: (place: Place) => RouteTarget;
  readonly connect: (node: Address) => NodeConnection;
  readonly epochs: EpochGuard;
  readonly newCallId: () => string;
  /** Most requests at a time. */
  readonly maxInFlight: number;
  /** Hears of replies that came from an owner who had been replaced. */
  readonly onStaleReply: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

interface InFlight {
  readonly abort: AbortController;
  /** Whether a node has the request now, so that giving up leaves its outcome unknown. */
  sent: boolean;
}

// Outcomes after which a caller or an operator has to look the call up.
const NAMED: ReadonlySet<string> = new Set(["UNKNOWN_OUTCOME", "DEADLINE_EXCEEDED", "INTERNAL"]);

/**
 * Brings requests of clients to whoever owns the object. Callers wait instead of failing: while a shard moves, or its owner has died
 * and its lease runs out, the request is held and tried again until its deadline.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #inFlight = new Set<InFlight>();
  #stopping = false;
  #onIdle: (() => void) | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Requests on their way. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Runs one method of one object. */
  async call(call: ClientCall): Promise<Payload | undefined> {
    checkType(call.type);
    checkMethod(call.type, call.method);
    const object = parseObjectId(call.id, this.#options.shardCount);
    const { type, id, method, payload, clientId } = call;
    return this.#run(object, call, async (node, callId, attempt) => {
      const reply = await node.callObject({ type, id, method, payload, clientId, callId }, attempt);
      this.#admit(object.place, reply.epoch);
      return reply.payload;
    });
  }

  /** Activates an object. One that exists already stays as it is. */
  async create(type: string, id: string, options: RequestOptions = {}): Promise<void> {
    checkType(type);
    const object = parseObjectId(id, this.#options.shardCount);
    await this.#run(object, options, (node, callId, attempt) => node.createObject(type, id, callId, attempt));
  }

  /**
   * Ends an object and forgets its state.
   * @returns False when there was none.
   */
  async destroy(type: string, id: string, options: RequestOptions = {}): Promise<boolean> {
    checkType(type);
    const object = parseObjectId(id, this.#options.shardCount);
    return this.#run(object, options, (node, callId, attempt) => node.deleteObject(type, id, callId, attempt));
  }

  /** Takes no new requests. Resolves when the last one has been answered. */
  drain(): Promise<void> {
    this.#stopping = true;
    if (this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Gives up whatever is still on its way. */
  abandon(): void {
    this.#stopping = true;
    for (const { abort } of this.#inFlight) abort.abort();
  }

  async #run<Reply>(
    object: ObjectId,
    options: RequestOptions,
    send: (node: NodeConnection, callId: string, attempt: PeerCallOptions) => Promise<Reply>,
  ): Promise<Reply> {
    const { clock, random, locate, connect } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutFor(options.timeoutMs);
    const callId = options.callId ?? this.#options.newCallId();
    const entry = this.#admitRequest();
    const giveUp = (): void => entry.abort.abort();
    options.signal?.addEventListener("abort", giveUp);
    if (options.signal?.aborted === true) giveUp();
    try {
      return await routeCall({
        locate: () => locate(object.place),
        send: (owner, timeoutMs) =>
          attempt(entry, () => send(connect(owner), callId, { timeoutMs, signal: entry.abort.signal })),
        deadlineMs,
        repeatable: options.repeatable ?? false,
        clock,
        random,
        signal: entry.abort.signal,
      });
    } catch (thrown) {
      throw this.#explain(GoverseError.from(thrown), object, callId, entry, options.signal);
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
      this.#inFlight.delete(entry);
      if (this.#inFlight.size === 0) this.#onIdle?.();
    }
  }

  #admitRequest(): InFlight {
    if (this.#stopping) throw new GoverseError("UNAVAILABLE", "this gate is stopping; use another one");
    const { maxInFlight } = this.#options;
    if (this.#inFlight.size >= maxInFlight) {
      throw new GoverseError("RESOURCE_EXHAUSTED", `this gate carries its limit of ${maxInFlight} requests; try later`);
    }
    const entry: InFlight = { abort: new AbortController(), sent: false };
    this.#inFlight.add(entry);
    return entry;
  }

  #admit(place: Place, epoch: Epoch): void {
    if (this.#options.epochs.admit(place, epoch)) return;
    this.#options.onStaleReply();
    throw new GoverseError("UNKNOWN_OUTCOME", "the reply came from a node that had lost the object to another one");
  }

  /** The error as the caller gets it. What cannot be told from the answer alone carries the call's id, here and in the log. */
  #explain(
    error: GoverseError,
    object: ObjectId,
    callId: string,
    entry: InFlight,
    callerSignal: AbortSignal | undefined,
  ): GoverseError {
    const cutOff = error.code === "CANCELLED" && entry.abort.signal.aborted && callerSignal?.aborted !== true;
    const shown = cutOff ? stoppedError(entry.sent) : error;
    if (!NAMED.has(shown.code)) return shown;
    const fields = { callId, object: object.text, code: shown.code, error: shown.message, cause: error.cause };
    this.#options.logger.warn("a request did not end with an answer", fields);
    if (shown.details.callId !== undefined) return shown;
    return new GoverseError(shown.code, shown.message, { ...shown.details, callId }, { cause: shown });
  }
}

/** Sends once, and keeps track of whether a node may have the request. */
async function attempt<Reply>(entry: InFlight, send: () => Promise<Reply>): Promise<Reply> {
  entry.sent = true;
  try {
    return await send();
  } catch (thrown) {
    const error = GoverseError.from(thrown);
    entry.sent = !error.notStarted;
    throw error;
  }
}

function stoppedError(sent: boolean): GoverseError {
  return sent
    ? new GoverseError("UNKNOWN_OUTCOME", "the gate stopped before the node answered")
    : new GoverseError("UNAVAILABLE", "the gate stopped before any node took the request");
}
