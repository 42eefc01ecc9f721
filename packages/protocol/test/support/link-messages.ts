import { create, fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Call, CallSchema, type Reply, ReplySchema } from "../../src/gen/goverse/peer/v1/peer_pb.ts";
import { ErrorStatusSchema } from "../../src/gen/goverse/payload_pb.ts";
import type { ReceivedCall } from "../../src/grpc/link/call-codec.ts";
import type { LinkReply } from "../../src/grpc/link/reply-codec.ts";
import { encodeErrorStatus } from "../../src/index.ts";
import { ERROR_CODES, GoverseError } from "@goverse/core";

// Short and long, plain and not, also with halves of surrogate pairs: everything that takes another way through the writer.
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 120, maxLength: 200 }),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 100, maxLength: 300 }),
  fc.integer({ min: 16_000, max: 17_000 }).map((length) => new Uint8Array(length).fill(7)),
);
const uint32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const uint53 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat());
const payload = fc.option(fc.record({ typeUrl: text, bytes }), { nil: undefined });

export const anyCall: fc.Arbitrary<ReceivedCall> = fc.record({
  seq: uint32,
  callId: text,
  type: text,
  id: text,
  method: text,
  payload,
  clientId: fc.option(
    text.filter((value) => value !== ""),
    { nil: undefined },
  ),
  chain: fc.array(text, { maxLength: 4 }),
  caller: fc.option(fc.record({ shard: uint32, epoch: uint53 }), { nil: undefined }),
  remainingMs: uint32,
  repeatable: fc.boolean(),
});

const errorBytes = fc
  .record({ code: fc.constantFrom(...ERROR_CODES), message: fc.string({ maxLength: 80 }) })
  .map(({ code, message }) => encodeErrorStatus(new GoverseError(code, message)));

export const anyReply: fc.Arbitrary<LinkReply> = fc.record({
  seq: uint32,
  payload,
  epoch: uint53,
  error: fc.option(errorBytes, { nil: undefined }),
  onBulk: fc.boolean(),
});

/** The call as the generated code has it. */
export function generatedCall(call: ReceivedCall): Call {
  const { payload, caller } = call;
  return create(CallSchema, {
    seq: call.seq,
    callId: call.callId,
    type: call.type,
    id: call.id,
    method: call.method,
    clientId: call.clientId ?? "",
    chain: [...call.chain],
    remainingMs: call.remainingMs,
    repeatable: call.repeatable,
    ...(payload === undefined ? {} : { payloadType: payload.typeUrl, payload: payload.bytes }),
    ...(caller === undefined ? {} : { callerShard: caller.shard, callerEpoch: BigInt(caller.epoch) }),
  });
}

/** The reply as the generated code has it. */
export function generatedReply(reply: LinkReply): Reply {
  const { payload, error } = reply;
  return create(ReplySchema, {
    seq: reply.seq,
    epoch: BigInt(reply.epoch),
    onBulk: reply.onBulk,
    ...(payload === undefined ? {} : { payloadType: payload.typeUrl, payload: payload.bytes }),
    ...(error === undefined ? {} : { error: fromBinary(ErrorStatusSchema, error) }),
  });
}
