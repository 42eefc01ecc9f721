import { toBinary } from "@bufbuild/protobuf";
import { WatchResponseSchema } from "../gen/etcdserverpb_pb.ts";
import { Event_EventType, EventSchema } from "../gen/mvccpb_pb.ts";
import type { WatchEvent, WatchResponse } from "../store/watch-messages.ts";
import { header } from "./context.ts";
import { keyValueToWire } from "./kv-to-wire.ts";

/** Tag of `WatchResponse.events`: field 11, length-delimited. */
const EVENTS_TAG = (11 << 3) | 2;
/** Longest varint of a 32-bit length, in bytes. */
const MAX_LENGTH_BYTES = 5;

/**
 * Encodes what watches are sent. The events of a revision go to every watch alike, one stream after the other, and are encoded once: in a
 * cluster that starts they are most of what this server does.
 */
export class WatchEncoder {
  #events: readonly WatchEvent[] = [];
  #encoded: Buffer = Buffer.alloc(0);

  /** The message on the wire: a message is the concatenation of its fields, so the events may follow the rest. */
  encode(response: WatchResponse): Buffer {
    const rest = toBinary(WatchResponseSchema, {
      $typeName: "etcdserverpb.WatchResponse",
      header: header(response.revision),
      watchId: response.watchId,
      created: response.created,
      canceled: response.canceled,
      compactRevision: BigInt(response.compactRevision),
      cancelReason: response.cancelReason,
      fragment: false,
      events: [],
    });
    return response.events.length === 0
      ? Buffer.from(rest)
      : Buffer.concat([rest, this.#encodeEvents(response.events)]);
  }

  #encodeEvents(events: readonly WatchEvent[]): Buffer {
    if (!sameEvents(events, this.#events)) {
      this.#encoded = Buffer.concat(events.flatMap(eventField));
      this.#events = events;
    }
    return this.#encoded;
  }
}

/** Versions of keys are never changed, so the same objects are the same events. */
function sameEvents(a: readonly WatchEvent[], b: readonly WatchEvent[]): boolean {
  return (
    a.length === b.length && a.every(({ kv, prevKv }, index) => kv === b[index]?.kv && prevKv === b[index]?.prevKv)
  );
}

function eventField({ type, kv, prevKv }: WatchEvent): Uint8Array[] {
  const event = toBinary(EventSchema, {
    $typeName: "mvccpb.Event",
    type: type === "put" ? Event_EventType.PUT : Event_EventType.DELETE,
    kv: keyValueToWire(kv),
    ...(prevKv === undefined ? {} : { prevKv: keyValueToWire(prevKv) }),
  });
  return [fieldHead(event.length), event];
}

function fieldHead(length: number): Uint8Array {
  const head = new Uint8Array(1 + MAX_LENGTH_BYTES);
  head[0] = EVENTS_TAG;
  let end = 1;
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) head[end++] = (rest & 0x7f) | 0x80;
  head[end++] = rest;
  return head.subarray(0, end);
}
