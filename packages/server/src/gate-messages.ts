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

/** How many clients a message is known to be for; a broadcast counts as one, because only the gate knows its clients. */
export function recipientsOf({ message }: GateMessage): number {
  return message.case === "clientMessage" ? message.value.clientIds.length : 1;
}
