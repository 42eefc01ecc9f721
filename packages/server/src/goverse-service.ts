import { GoverseError, parseAddress } from "@goverse/core";
import type { Node } from "@goverse/node";
import {
  anyToPayload,
  type CallObjectRequest,
  type Goverse,
  payloadToAny,
  ReliableCallStatus,
} from "@goverse/protocol";
import { type Handlers, type PeerCall, toStatus } from "@goverse/protocol/grpc";
import { MAX_LISTED_OBJECTS } from "./call-limits.ts";
import type { GateStreams } from "./gate-streams.ts";
import { checkObject, reliableCallRefusal } from "./request-checks.ts";
import { type CallServing, objectRequest, serveCall, withOwnerHint } from "./serve-call.ts";

/** What the service serves. */
export interface GoverseServiceOptions extends CallServing {
  readonly node: Pick<Node, "invoke" | "create" | "destroy" | "objects">;
  readonly gates: GateStreams;
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
      const reply = await serveCall(service(), peerCallOf(request), context);
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

/** A unary call as links carry it. */
function peerCallOf(request: CallObjectRequest): PeerCall {
  const { type, id, method, callId, clientId, chain, callerShard, callerEpoch } = request;
  return {
    type,
    id,
    method,
    payload: anyToPayload(request.request),
    clientId: clientId === "" ? undefined : clientId,
    callId,
    chain,
    caller: callerShard === undefined ? undefined : { shard: callerShard, epoch: Number(callerEpoch) },
  };
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
