import { randomUUID } from "node:crypto";
import { type Address, type Clock, type Epoch, GoverseError, type ObjectId, type Place } from "@goverse/core";
import { DEFAULT_CALL_TIMEOUT_MS, type Node, type ObjectRequest } from "@goverse/node";
import type { LinkCallContext, PeerCall, PeerReply } from "@goverse/protocol/grpc";
import { callTimeoutMs } from "./call-limits.ts";
import { checkCall, checkObject } from "./request-checks.ts";

/** What calls from other processes need. */
export interface CallServing {
  readonly address: Address;
  readonly shardCount: number;
  readonly node: Pick<Node, "invoke">;
  /** The node that owns a place, as far as this process knows: a hint for callers with an older map. */
  readonly ownerOf: (place: Place) => Address | undefined;
  /** Highest epoch known for a shard; 0 when nobody has owned it. */
  readonly epochOfShard: (shard: number) => Epoch;
  readonly clock: Clock;
}

/** Serves a call of another process, whichever way it came: over a link or by unary. */
export function serveCall(serving: CallServing, call: PeerCall, context: LinkCallContext): Promise<PeerReply> {
  const { shardCount, node, clock } = serving;
  const id = checkObject(call, shardCount);
  checkCall(call);
  refuseReplacedCaller(call, serving.epochOfShard);
  const { type, callId, chain = [], method, payload, clientId } = call;
  const request = objectRequest({ type, id, callId, chain }, context, clock);
  return withOwnerHint(serving, id, () => node.invoke({ ...request, method, payload, caller: { clientId } }));
}

/** What a request says of itself; everything but type and id may be left out. */
interface Origin {
  readonly type: string;
  readonly id: ObjectId;
  readonly callId?: string;
  readonly chain?: readonly string[];
}

/** What the node is asked, without the method. */
export function objectRequest(origin: Origin, { remainingMs, signal }: LinkCallContext, clock: Clock): ObjectRequest {
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
function refuseReplacedCaller({ caller }: PeerCall, epochOfShard: CallServing["epochOfShard"]): void {
  if (caller === undefined) return;
  const known = epochOfShard(caller.shard);
  if (caller.epoch >= known) return;
  throw new GoverseError(
    "TURN_ENDED",
    `shard ${caller.shard} of the calling object has a newer owner: epoch ${known} instead of ${caller.epoch}`,
  );
}

/** Adds to a refusal for want of ownership who the owner is, so that the caller need not wait for its own map. */
export async function withOwnerHint<Result>(
  { address, ownerOf }: Pick<CallServing, "address" | "ownerOf">,
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
