import { create } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { Payload } from "@goverse/core";

/** A payload as `google.protobuf.Any`. The bytes are shared, not copied; `undefined` stays absent. */
export function payloadToAny(payload: Payload): Any;
export function payloadToAny(payload: Payload | undefined): Any | undefined;
export function payloadToAny(payload: Payload | undefined): Any | undefined {
  if (payload === undefined) return undefined;
  return create(AnySchema, { typeUrl: payload.typeUrl, value: payload.bytes });
}

/** A `google.protobuf.Any` as payload. The bytes are shared, not copied: they keep the received message in memory. */
export function anyToPayload(any: Any): Payload;
export function anyToPayload(any: Any | undefined): Payload | undefined;
export function anyToPayload(any: Any | undefined): Payload | undefined {
  return any === undefined ? undefined : { typeUrl: any.typeUrl, bytes: any.value };
}
