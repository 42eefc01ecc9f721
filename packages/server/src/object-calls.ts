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

/** One call on its way. */
interface OutgoingCall {
  readonly request: CallRequest;
  readonly id: ObjectId;
  /** The turn that calls; `undefined` for a call from the program around the objects. */
  readonly origin: CallOrigin | undefined;
  readonly callId: string;
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

  async call(request: CallRequest, origin?: CallOrigin): Promise<Payload | undefined> {
    const { clock, shardCount, locate, random } = this.#options;
    const id = parseObjectId(request.id, shardCount);
    // A call inside a call keeps its id, so that one request can be followed through the logs of all nodes.
    const callId = origin?.callId ?? randomUUID();
    const deadlineMs = clock.monotonicMs() + callTimeoutMs(request.timeoutMs, DEFAULT_CALL_TIMEOUT_MS);
    const reply = await routeCall({
      locate: () => locate(id.place),
      send: (owner, remainingMs) => this.#send(owner, remainingMs, { request, id, origin, callId }),
      deadlineMs,
      repeatable: request.repeatable,
      clock,
      random,
      signal: request.signal,
    });
    return reply.payload;
  }

  async #send(owner: Address, remainingMs: number, call: OutgoingCall): Promise<InvocationReply> {
    const { address } = this.#options;
    const reply = await (owner === address
      ? this.#sendHere(remainingMs, call)
      : this.#sendTo(owner, remainingMs, call));
    if (this.#replies.admit(call.id.place, reply.epoch)) return reply;
    const message = `the reply of ${owner} came from an owner that has been replaced; the call may have been lost with it`;
    throw new GoverseError("UNKNOWN_OUTCOME", message, { callId: call.callId });
  }

  #sendHere(remainingMs: number, { request, id, origin, callId }: OutgoingCall): Promise<InvocationReply> {
    const { node, clock } = this.#options;
    return node().invoke({
      type: request.type,
      id,
      method: request.method,
      payload: request.payload,
      callId,
      chain: origin?.chain ?? [],
      caller: origin?.caller ?? NO_CLIENT,
      deadlineMs: clock.monotonicMs() + remainingMs,
      signal: request.signal,
    });
  }

  #sendTo(owner: Address, remainingMs: number, { request, origin, callId }: OutgoingCall): Promise<PeerReply> {
    return this.#options.peers.get(owner).callObject(
      {
        type: request.type,
        id: request.id,
        method: request.method,
        payload: request.payload,
        callId,
        chain: origin?.chain,
        clientId: origin?.caller.clientId,
        caller: origin === undefined ? undefined : callerOf(origin),
      },
      { timeoutMs: remainingMs, signal: request.signal },
    );
  }
}

const NO_CLIENT = { clientId: undefined };

/** What the callee compares with its own map; an object pinned to a node cannot lose it to another. */
function callerOf({ place, epoch }: CallOrigin): { shard: number; epoch: number } | undefined {
  return place.kind === "shard" ? { shard: place.shard, epoch } : undefined;
}
