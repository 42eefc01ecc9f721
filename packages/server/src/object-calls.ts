import { randomUUID } from "node:crypto";
import {
  EpochGuard,
  type Address,
  type Caller,
  type CallRequest,
  type Clock,
  GoverseError,
  type ObjectId,
  parseObjectId,
  type Payload,
  type Place,
  routeCall,
  type RoutedCall,
  type RouteTarget,
} from "@goverse/core";
import {
  type CallOrigin,
  DEFAULT_CALL_TIMEOUT_MS,
  type InvocationReply,
  type Node,
  type OutgoingCalls,
} from "@goverse/node";
import type { PeerPool, PeerReply } from "@goverse/protocol/grpc";
import { callTimeoutMs } from "./call-limits.ts";

/** What calls need to find their way. */
export interface ObjectCallsOptions {
  readonly address: Address;
  readonly shardCount: number;
  /** Looks the owner of a place up in the freshest map. */
  readonly locate: (place: Place) => RouteTarget;
  /** This process's own objects. Asked at call time, because node and calls need each other. */
  readonly node: () => Pick<Node, "invoke">;
  readonly peers: Pick<PeerPool, "get">;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Calls from this process to objects anywhere: of objects in the middle of a turn ({@link OutgoingCalls}) and of the program around
 * them ({@link Caller}). They wait while a shard has no owner, and fail only when their deadline passes.
 */
export class ObjectCalls implements OutgoingCalls, Caller {
  readonly #options: ObjectCallsOptions;
  readonly #replies: EpochGuard;

  constructor(options: ObjectCallsOptions) {
    this.#options = options;
    this.#replies = new EpochGuard(options.shardCount);
  }

  call(request: CallRequest, origin?: CallOrigin): Promise<Payload | undefined> {
    try {
      return routeCall(new OutgoingCall(request, origin, this.#options, this.#replies));
    } catch (refusal) {
      return Promise.reject(GoverseError.from(refusal));
    }
  }
}

/** One call on its way: an object with methods, because functions made for each call cost more than a call that stays here. */
class OutgoingCall implements RoutedCall<Payload | undefined> {
  readonly deadlineMs: number;
  readonly #request: CallRequest;
  /** The turn that calls; `undefined` for a call from the program around the objects. */
  readonly #origin: CallOrigin | undefined;
  readonly #options: ObjectCallsOptions;
  readonly #replies: EpochGuard;
  readonly #id: ObjectId;
  readonly #callId: string;

  constructor(request: CallRequest, origin: CallOrigin | undefined, options: ObjectCallsOptions, replies: EpochGuard) {
    this.#request = request;
    this.#origin = origin;
    this.#options = options;
    this.#replies = replies;
    this.#id = parseObjectId(request.id, options.shardCount);
    // A call inside a call keeps its id, so that one request can be followed through the logs of all nodes.
    this.#callId = origin?.callId ?? nextCallId();
    this.deadlineMs = options.clock.monotonicMs() + callTimeoutMs(request.timeoutMs, DEFAULT_CALL_TIMEOUT_MS);
  }

  get repeatable(): boolean {
    return this.#request.repeatable;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal;
  }

  random(): number {
    return this.#options.random();
  }

  locate(): RouteTarget {
    return this.#options.locate(this.#id.place);
  }

  async send(owner: Address, remainingMs: number): Promise<Payload | undefined> {
    const isHere = owner === this.#options.address;
    const { payload, epoch } = await (isHere ? this.#sendHere() : this.#sendTo(owner, remainingMs));
    if (this.#replies.admit(this.#id.place, epoch)) return payload;
    const message = `the reply of ${owner} came from an owner that has been replaced; the call may have been lost with it`;
    throw new GoverseError("UNKNOWN_OUTCOME", message, { callId: this.#callId });
  }

  /** What an object of this process gets is what one elsewhere would get: bytes, which no two objects share. */
  #sendHere(): Promise<InvocationReply> {
    const request = this.#request;
    const origin = this.#origin;
    return this.#options.node().invoke({
      type: request.type,
      id: this.#id,
      method: request.method,
      payload: request.payload,
      callId: this.#callId,
      chain: origin?.chain ?? NO_CHAIN,
      caller: origin?.caller ?? NO_CLIENT,
      deadlineMs: this.deadlineMs,
      signal: request.signal,
    });
  }

  #sendTo(owner: Address, remainingMs: number): Promise<PeerReply> {
    const request = this.#request;
    const origin = this.#origin;
    return this.#options.peers.get(owner).callObject(
      {
        type: request.type,
        id: request.id,
        method: request.method,
        payload: request.payload,
        callId: this.#callId,
        chain: origin?.chain,
        clientId: origin?.caller.clientId,
        caller: origin === undefined ? undefined : callerOf(origin),
      },
      { timeoutMs: remainingMs, signal: request.signal },
    );
  }
}

/** One random part for the process and a number for the call: as unique as a random id for each, and made in a fraction of the time. */
const PROCESS_ID = randomUUID();
let callCount = 0;

function nextCallId(): string {
  callCount += 1;
  return `${PROCESS_ID}-${callCount}`;
}

const NO_CLIENT = { clientId: undefined };
const NO_CHAIN: readonly string[] = [];

/** What the callee compares with its own map; an object pinned to a node cannot lose it to another. */
function callerOf({ place, epoch }: CallOrigin): { shard: number; epoch: number } | undefined {
  return place.kind === "shard" ? { shard: place.shard, epoch } : undefined;
}
