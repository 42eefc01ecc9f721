import { randomUUID } from "node:crypto";
import {
  type Address,
  type Clock,
  type Epoch,
  GoverseError,
  type ObjectId,
  parseAddress,
  type Place,
} from "@goverse/core";
import { DEFAULT_CALL_TIMEOUT_MS, type Node, type ObjectRequest } from "@goverse/node";
import {
  anyToPayload,
  type CallObjectRequest,
  type Goverse,
  payloadToAny,
  ReliableCallStatus,
} from "@goverse/protocol";
import { type Handlers, toStatus, type UnaryContext } from "@goverse/protocol/grpc";
import { callTimeoutMs, MAX_LISTED_OBJECTS } from "./call-limits.ts";
import type { GateStreams } from "./gate-streams.ts";
import { checkCall, checkObject, reliableCallRefusal } from "./request-checks.ts";

/** What the service serves. */
export interface GoverseServiceOptions {
  readonly address: Address;
  readonly shardCount: number;
  readonly node: Pick<Node, "invoke" | "create" | "destroy" | "objects">;
  readonly gates: GateStreams;
  /** The node that owns a place, as far as this process knows: a hint for callers with an older map. */
  readonly ownerOf: (place: Place) => Address | undefined;
  /** Highest epoch known for a shard; 0 when nobody has owned it. */
  readonly epochOfShard: (shard: number) => Epoch;
  readonly clock: Clock;
  /** When the node started, on the clock's monotonic time. */
  readonly startedMs: number;
}

/**
 * The gRPC service `goverse.Goverse`: what other nodes, gates and any other program may ask of a node.
 * @param service What to serve. Asked on every call, because the port is open before the node knows its address; it throws until then.
 */
export function goverseService(service: () => GoverseServiceOptions): Handlers<typeof Goverse> {
  return {
    callObject: async (request, context) => {
      const options = service();
      const { shardCount, node, clock } = options;
      const id = checkObject(request, shardCount);
      checkCall(request);
      refuseReplacedCaller(request, options.epochOfShard);
      const invocation = {
        ...objectRequest({ type: request.type, id, callId: request.callId, chain: request.chain }, context, clock),
        method: request.method,
        payload: anyToPayload(request.request),
        caller: { clientId: request.clientId === "" ? undefined : request.clientId },
      };
      const reply = await withOwnerHint(options, id, () => node.invoke(invocation));
      const response = payloadToAny(reply.payload);
      return { epoch: BigInt(reply.epoch), ...(response === undefined ? {} : { response }) };
    },
    createObject: async ({ type, id: text }, context) => {
      const options = service();
      const { shardCount, node, clock } = options;
      const id = checkObject({ type, id: text }, shardCount);
      await withOwnerHint(options, id, () => node.create(objectRequest({ type, id }, context, clock)));
      return { id: text };
    },
    deleteObject: async ({ type, id: text }, context) => {
      const options = service();
      const { shardCount, node, clock } = options;
      const id = checkObject({ type, id: text }, shardCount);
      const existed = await withOwnerHint(options, id, () => node.destroy(objectRequest({ type, id }, context, clock)));
      if (!existed) throw new GoverseError("NOT_FOUND", `there is no object ${type} ${text}`);
      return {};
    },
    listObjects: async () => ({ objects: listObjects(service().node) }),
    status: async () => statusOf(service()),
    registerGate: (call) => registerGate(call, service),
    reliableCallObject: async (request) => ({
      status: ReliableCallStatus.SKIPPED,
      error: reliableCallRefusal(request) ?? "no persistence provider",
    }),
  };
}

type RegisterGateCall = Parameters<NonNullable<Handlers<typeof Goverse>["registerGate"]>>[0];

function registerGate(call: RegisterGateCall, service: () => GoverseServiceOptions): void {
  try {
    const { gates } = service();
    gates.register(parseAddress(call.request.gateAddr, "gate_addr"), call);
  } catch (error) {
    // The call listens to its own errors and sends them as its status.
    call.emit("error", toStatus(GoverseError.from(error)));
  }
}

/** What a request says of itself; everything but type and id may be left out. */
interface Origin {
  readonly type: string;
  readonly id: ObjectId;
  readonly callId?: string;
  readonly chain?: readonly string[];
}

function objectRequest(origin: Origin, { remainingMs, signal }: UnaryContext, clock: Clock): ObjectRequest {
  const { type, id, callId = "", chain = [] } = origin;
  return {
    type,
    id,
    callId: callId === "" ? randomUUID() : callId,
    chain,
    deadlineMs: clock.monotonicMs() + callTimeoutMs(remainingMs, DEFAULT_CALL_TIMEOUT_MS),
    signal,
  };
}

/** An object whose shard has been claimed by somebody else since must not change anything any more, though it does not know yet. */
function refuseReplacedCaller(
  { callerShard, callerEpoch }: CallObjectRequest,
  epochOfShard: GoverseServiceOptions["epochOfShard"],
): void {
  if (callerShard === undefined) return;
  const known = epochOfShard(callerShard);
  if (Number(callerEpoch) >= known) return;
  throw new GoverseError(
    "TURN_ENDED",
    `shard ${callerShard} of the calling object has a newer owner: epoch ${known} instead of ${callerEpoch}`,
  );
}

/** Adds to a refusal for want of ownership who the owner is, so that the caller need not wait for its own map. */
async function withOwnerHint<Result>(
  { address, ownerOf }: GoverseServiceOptions,
  id: ObjectId,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof GoverseError) || error.code !== "NOT_OWNER" || error.details.owner !== undefined) {
      throw error;
    }
    const owner = ownerOf(id.place);
    if (owner === undefined || owner === address) throw error;
    throw new GoverseError("NOT_OWNER", error.message, { ...error.details, owner }, { cause: error });
  }
}

function statusOf({ address, node, clock, startedMs }: GoverseServiceOptions): {
  advertiseAddr: string;
  numObjects: bigint;
  uptimeSeconds: bigint;
} {
  let objects = 0n;
  for (const _object of node.objects()) objects += 1n;
  return {
    advertiseAddr: address,
    numObjects: objects,
    uptimeSeconds: BigInt(Math.floor((clock.monotonicMs() - startedMs) / 1000)),
  };
}

function listObjects(node: Pick<Node, "objects">): { type: string; id: string; creationTime: bigint }[] {
  const listed: { type: string; id: string; creationTime: bigint }[] = [];
  for (const { type, id, activatedAtMs } of node.objects()) {
    if (listed.length >= MAX_LISTED_OBJECTS) break;
    listed.push({ type, id, creationTime: BigInt(Math.floor(activatedAtMs / 1000)) });
  }
  return listed;
}
