import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { jsonPayload, jsonTextOf, type Payload } from "@goverse/core";
import type { ClientEvent } from "./client-event.ts";
import { isRecord } from "./foreign.ts";

/** What a gate writes on an event stream, and what a client reads there. */
export type SseFrame =
  | { readonly kind: "register"; readonly clientId: string }
  | ({ readonly kind: "message" } & ClientEvent)
  | { readonly kind: "heartbeat" };

/** The comment-free text of one frame. Strings in it are JSON, so no line break can end it early. */
export function encodeSseFrame(frame: SseFrame): string {
  switch (frame.kind) {
    case "register":
      return `event: register\ndata: ${JSON.stringify({ clientId: frame.clientId })}\n\n`;
    case "message":
      return `event: message\ndata: ${messageText(frame)}\n\n`;
    case "heartbeat":
      return "event: heartbeat\ndata: {}\n\n";
    default:
      return frame satisfies never;
  }
}

/**
 * JSON payloads are spliced in as they are, under `data`: a gate parses nothing. Others travel under `any` as
 * `{"typeUrl", "value": base64}`, so that no JSON data can be mistaken for them.
 */
function messageText({ source, event, payload }: ClientEvent): string {
  const head = JSON.stringify({ event, type: source.type, id: source.id });
  if (payload === undefined) return head;
  const json = jsonTextOf(payload);
  // JSON text may be spread over lines, which would end the field. Outside of strings a line break is only white space.
  if (json !== undefined) return `${head.slice(0, -1)},"data":${json.replaceAll(/[\r\n]/g, " ")}}`;
  const other = { typeUrl: payload.typeUrl, value: base64Encode(payload.bytes) };
  return `${head.slice(0, -1)},"any":${JSON.stringify(other)}}`;
}

/**
 * Reads one frame.
 * @param event Name of the event; frames without one are messages.
 * @param data Its data.
 * @returns `undefined` for what this version does not know: skip it.
 */
export function decodeSseFrame(event: string | undefined, data: string): SseFrame | undefined {
  if (event === "heartbeat") return { kind: "heartbeat" };
  const json = parse(data);
  if (json === undefined) return undefined;
  if (event === "register") {
    const clientId = json["clientId"];
    return typeof clientId === "string" && clientId !== "" ? { kind: "register", clientId } : undefined;
  }
  return event === undefined || event === "message" ? messageFrom(json) : undefined;
}

function messageFrom(json: Readonly<Record<string, unknown>>): SseFrame | undefined {
  const { event, type, id, any } = json;
  if (typeof event !== "string" || typeof type !== "string" || typeof id !== "string") return undefined;
  const message = { kind: "message", event, source: { type, id } } as const;
  if (any !== undefined) {
    const payload = otherPayload(any);
    return payload === undefined ? undefined : { ...message, payload };
  }
  const payload = "data" in json ? jsonPayload(JSON.stringify(json["data"])) : undefined;
  return { ...message, payload };
}

function otherPayload(any: unknown): Payload | undefined {
  if (!isRecord(any) || typeof any["typeUrl"] !== "string" || typeof any["value"] !== "string") return undefined;
  try {
    return { typeUrl: any["typeUrl"], bytes: base64Decode(any["value"]) };
  } catch {
    return undefined;
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
