import { invalidArgument, type ObjectId, parseObjectId } from "@goverse/core";
import type { Goverse } from "@goverse/protocol";
import type { Handlers, PeerCall } from "@goverse/protocol/grpc";
import { MAX_CALL_ID_LENGTH, MAX_CLIENT_ID_LENGTH, MAX_NAME_LENGTH, MAX_TURN_ID_LENGTH } from "./call-limits.ts";

type ReliableCallObjectRequest = Parameters<NonNullable<Handlers<typeof Goverse>["reliableCallObject"]>>[0];

/**
 * Checks what every request names, and parses the id.
 * @throws GoverseError `INVALID_ARGUMENT` naming the field.
 */
export function checkObject(request: { readonly type: string; readonly id: string }, shardCount: number): ObjectId {
  checkName("type", request.type);
  return parseObjectId(request.id, shardCount);
}

/**
 * Checks what a call says besides its object.
 * @throws GoverseError `INVALID_ARGUMENT` naming the field.
 */
export function checkCall(call: PeerCall): void {
  checkName("method", call.method);
  if (call.payload?.typeUrl === "") {
    throw invalidArgument(
      "request.type_url",
      "",
      "an Any names the type of its value; leave the field out for no input",
    );
  }
  checkLength("client_id", call.clientId ?? "", MAX_CLIENT_ID_LENGTH);
  checkLength("call_id", call.callId, MAX_CALL_ID_LENGTH);
  // How many there may be is the node's rule, which knows the objects behind them.
  for (const turn of call.chain ?? []) checkLength("chain", turn, MAX_TURN_ID_LENGTH);
}

/**
 * What is missing in a reliable call, in the words that its existing clients know; `undefined` when nothing is. Such a call reports
 * failures in its response, so this one does not throw.
 */
export function reliableCallRefusal(request: ReliableCallObjectRequest): string | undefined {
  const fields = [
    ["call_id", request.callId],
    ["object_type", request.objectType],
    ["object_id", request.objectId],
    ["method_name", request.methodName],
    ["request", request.request],
  ] as const;
  const missing = fields.find(([, value]) => value === "" || value === undefined);
  return missing === undefined ? undefined : `${missing[0]} must be specified in ReliableCallObject request`;
}

function checkName(field: string, name: string): void {
  if (name === "") throw invalidArgument(field, name, "it must not be empty");
  checkLength(field, name, MAX_NAME_LENGTH);
}

function checkLength(field: string, text: string, maxLength: number): void {
  if (text.length > maxLength) throw invalidArgument(field, text, `it must be at most ${maxLength} characters long`);
}
