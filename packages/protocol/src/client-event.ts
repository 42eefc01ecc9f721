import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Payload } from "@goverse/core";
import { anyToPayload, payloadToAny } from "./any-payload.ts";
import { EventSchema } from "./gen/goverse/payload_pb.ts";

/** One event for a client, as its contract names it. */
export interface ClientEvent {
  /** The object that sent it. */
  readonly source: { readonly type: string; readonly id: string };
  readonly event: string;
  /** Absent for events without data. */
  readonly payload: Payload | undefined;
}

const EVENT_TYPE_URL = `type.googleapis.com/${EventSchema.typeName}`;

/** An event as the message that a node pushes and a gate forwards to its gRPC clients. */
export function eventToAny({ source, event, payload }: ClientEvent): Any {
  const data = payloadToAny(payload);
  const message = create(EventSchema, {
    name: event,
    sourceType: source.type,
    sourceId: source.id,
    ...(data === undefined ? {} : { data }),
  });
  return payloadToAny({ typeUrl: EVENT_TYPE_URL, bytes: toBinary(EventSchema, message) });
}

/**
 * The event in a pushed message; `undefined` when the message is something else, as a node of another system may push.
 * @throws Error when the message says that it is an event and is not.
 */
export function anyToEvent(any: Any): ClientEvent | undefined {
  if (any.typeUrl !== EVENT_TYPE_URL) return undefined;
  const { name, sourceType, sourceId, data } = fromBinary(EventSchema, any.value);
  return { source: { type: sourceType, id: sourceId }, event: name, payload: anyToPayload(data) };
}
