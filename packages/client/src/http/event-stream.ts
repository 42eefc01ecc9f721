import { GoverseError } from "@goverse/core";
import { decodeSseFrame, errorFromJson, EVENTS_PATH } from "@goverse/protocol";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { EventStreamHandlers } from "../transport.ts";
import { fromFetchFailure } from "./fetch-failure.ts";
import { readBody } from "./read-body.ts";

/** Longest body of a refusal that is read, in bytes. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** What an event stream needs. */
export interface EventStreamOptions {
  readonly fetch: typeof fetch;
  /** Base address of the gate. */
  readonly gate: string;
  /** Longest event, in bytes. */
  readonly maxEventBytes: number;
}

/** Opens a gate's event stream (Server-Sent Events), read from `fetch`, because `EventSource` reconnects by rules of its own. */
export function openEventStream(options: EventStreamOptions, handlers: EventStreamHandlers): { close(): void } {
  const abort = new AbortController();
  const run = async (): Promise<GoverseError | undefined> => {
    const headers = { accept: "text/event-stream" };
    const { fetch, gate, maxEventBytes } = options;
    const response = await fetch(gate + EVENTS_PATH, { headers, signal: abort.signal });
    if (response.status !== 200 || response.body === null) return refusal(response);
    return readFrames(response.body, maxEventBytes, handlers);
  };
  run()
    .catch((error: unknown) => fromFetchFailure(error, options.gate))
    .then((error) => {
      if (!abort.signal.aborted) handlers.onEnd(error);
    })
    .catch((error: unknown) => handlers.onUnreadable(error));
  return { close: () => abort.abort() };
}

async function refusal(response: Response): Promise<GoverseError> {
  const body = await readBody(response, MAX_REFUSAL_BYTES);
  return errorFromJson(response.status, "text" in body ? parseOr(body.text) : undefined);
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function readFrames(
  body: ReadableStream<Uint8Array>,
  maxEventBytes: number,
  handlers: EventStreamHandlers,
): Promise<GoverseError | undefined> {
  let failure: GoverseError | undefined;
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent: (message) => dispatch(message, handlers),
    onError: ({ type, message }) => {
      if (type === "max-buffer-size-exceeded") failure = new GoverseError("RESOURCE_EXHAUSTED", message);
    },
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    handlers.onAlive();
    parser.feed(decoder.decode(value, { stream: true }));
    if (failure !== undefined) {
      await reader.cancel();
      return failure;
    }
  }
}

function dispatch({ event, data }: EventSourceMessage, handlers: EventStreamHandlers): void {
  const frame = decodeSseFrame(event, data);
  if (frame?.kind === "register") handlers.onRegistered(frame.clientId);
  else if (frame?.kind === "message") handlers.onEvent(frame);
  else if (frame === undefined && (event === "message" || event === undefined)) {
    handlers.onUnreadable(new GoverseError("INVALID_ARGUMENT", "the message on the event stream is not in its form"));
  }
}
