import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  isMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import type { Schema, SchemaResult } from "@goverse/core";

/**
 * A schema for a contract from a protobuf-es message: `in: pb(JoinRequestSchema)`. Senders give an init object or a message, and
 * receivers get a message. On the wire it is the message itself; callers who speak JSON are answered in protobuf's JSON form.
 */
export function pb<Desc extends DescMessage>(desc: Desc): Schema<MessageInitShape<Desc>, MessageShape<Desc>> {
  const message = (value: unknown): MessageShape<Desc> => create(desc, value as MessageInitShape<Desc>);
  return {
    "~standard": {
      version: 1,
      vendor: "protobuf-es",
      validate: (value): SchemaResult<MessageShape<Desc>> => check(desc, value),
    },
    "~wire": {
      typeName: desc.typeName,
      encode: (value) => toBinary(desc, message(value)),
      decode: (bytes) => fromBinary(desc, bytes),
      toJsonText: (value) => toJsonString(desc, message(value)),
      fromJsonText: (text) => fromJsonString(desc, text),
    },
  };
}

/** Received values were decoded by this schema, so they are messages already; an init object is built and proved by encoding it. */
function check<Desc extends DescMessage>(desc: Desc, value: unknown): SchemaResult<MessageShape<Desc>> {
  if (isMessage(value, desc)) return { value };
  try {
    const built = create(desc, value as MessageInitShape<Desc>);
    toBinary(desc, built);
    return { value: built };
  } catch (error) {
    return { issues: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
}
