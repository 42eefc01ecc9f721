import type { PushMessage } from "@goverse/core";
import { eventToAny, type GateMessage } from "@goverse/protocol";

/** The encoded event inside an envelope. */
export type EncodedEvent = ReturnType<typeof eventToAny>;

/** A message to a gate and its size in bytes, without the few that frame it. */
export interface SizedMessage {
  readonly envelope: GateMessage;
  readonly bytes: number;
}

/** The first message of every stream. */
export const REGISTERED: GateMessage = {
  $typeName: "goverse.GateMessage",
  message: { case: "registerGateResponse", value: { $typeName: "goverse.RegisterGateResponse" } },
};

/** Encodes an event, once for all gates and clients it goes to. */
export function encodeEvent({ source, event, payload }: PushMessage): EncodedEvent {
  return eventToAny({ source, event, payload });
}

/** An event for some clients of one gate. */
export function clientMessage(event: EncodedEvent, clientIds: string[]): SizedMessage {
  const idBytes = clientIds.reduce((sum, id) => sum + id.length, 0);
  return {
    envelope: {
      $typeName: "goverse.GateMessage",
      message: {
        case: "clientMessage",
        value: { $typeName: "goverse.ClientMessageEnvelope", clientIds, message: event },
      },
    },
    bytes: event.value.length + idBytes,
  };
}

/** An event for every client of a gate. */
export function broadcastMessage(event: EncodedEvent): SizedMessage {
  return {
    envelope: {
      $typeName: "goverse.GateMessage",
      message: {
        case: "broadcastMessage",
        value: { $typeName: "goverse.BroadcastMessageEnvelope", message: event },
      },
    },
    bytes: event.value.length,
  };
}

/**
 * Most bytes of client ids in one envelope. Messages between processes may have 64 KiB beside their payload; more ids travel in
 * further envelopes.
 */
const MAX_ID_BYTES_PER_ENVELOPE = 48 * 1024;
/** What an envelope may need beside event and ids, in bytes: tags, lengths, the name of the event's type. */
const ENVELOPE_BYTES = 1024;

/** Whether an event fits a message of at most `maxMessageBytes`, together with as many client ids as one envelope carries. */
export function fits(event: EncodedEvent, maxMessageBytes: number): boolean {
  return event.value.length <= maxMessageBytes - MAX_ID_BYTES_PER_ENVELOPE - ENVELOPE_BYTES;
}

/** Client ids in portions for one envelope each, in order. */
export function splitClientIds(clientIds: readonly string[]): string[][] {
  const portions: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const id of clientIds) {
    // Ids are ASCII in all but name; three bytes a character is the most that UTF-8 needs for one.
    const idBytes = id.length * 3 + 2;
    if (bytes + idBytes > MAX_ID_BYTES_PER_ENVELOPE) {
      portions.push([]);
      bytes = 0;
    }
    portions.at(-1)?.push(id);
    bytes += idBytes;
  }
  return portions;
}

/** How many clients a message is known to be for; a broadcast counts as one, because only the gate knows its clients. */
export function recipientsOf({ message }: GateMessage): number {
  return message.case === "clientMessage" ? message.value.clientIds.length : 1;
}
