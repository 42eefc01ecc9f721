import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { payloadToAny } from "./any-payload.ts";
import { RegisterResponseSchema } from "./gen/gate/gate_pb.ts";

const TYPE_URL = `type.googleapis.com/${RegisterResponseSchema.typeName}`;

/** The first item of a client's push stream: what tells it its id. */
export function registrationToAny(clientId: string): Any {
  return payloadToAny({
    typeUrl: TYPE_URL,
    bytes: toBinary(RegisterResponseSchema, create(RegisterResponseSchema, { clientId })),
  });
}

/**
 * The client id in the first item of a push stream; `undefined` when it is something else.
 * @throws Error when the message says that it is a registration and is not.
 */
export function anyToRegistration(any: Any): string | undefined {
  return any.typeUrl === TYPE_URL ? fromBinary(RegisterResponseSchema, any.value).clientId : undefined;
}
