import {
  type AnyContract,
  type CallRequest,
  GoverseError,
  invalidArgument,
  jsonPayload,
  JSON_TYPE_URL,
  jsonTextOf,
  type Payload,
} from "@goverse/core";
import {
  CALL_ID_HEADER,
  callPath,
  CLIENT_ID_HEADER,
  errorFromJson,
  objectPath,
  REPEATABLE_HEADER,
  TIMEOUT_HEADER,
} from "@goverse/protocol";
import type { Attempt, EventStreamHandlers, Transport } from "../transport.ts";
import { openEventStream } from "./event-stream.ts";
import { fromFetchFailure } from "./fetch-failure.ts";
import { jsonContract } from "./json-contract.ts";
import { type Body, readBody } from "./read-body.ts";

/** What the transport needs. */
export interface HttpTransportOptions {
  /** Base addresses, as `http://localhost:8080`. */
  readonly gates: readonly string[];
  readonly fetch: typeof fetch;
  readonly maxReplyBytes: number;
}

interface HttpRequest {
  readonly verb: "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly clientId?: string | undefined;
  readonly body?: string | undefined;
}

/** JSON over HTTP, and Server-Sent Events: works in browsers and in Node. */
export class HttpTransport implements Transport {
  readonly gates: readonly string[];
  readonly heartbeats = true;
  readonly #fetch: typeof fetch;
  readonly #maxReplyBytes: number;

  constructor({ gates, fetch, maxReplyBytes }: HttpTransportOptions) {
    this.gates = gates.map(parseGate);
    this.#fetch = fetch;
    this.#maxReplyBytes = maxReplyBytes;
  }

  async call(request: CallRequest, clientId: string | undefined, attempt: Attempt): Promise<Payload | undefined> {
    const { type, id, method, payload } = request;
    const path = callPath(type, id, method);
    const body = bodyOf(payload);
    const text = await this.#send({ verb: "POST", path, clientId, body }, attempt);
    return text === "" ? undefined : jsonPayload(text);
  }

  async create(type: string, id: string, attempt: Attempt): Promise<void> {
    await this.#send({ verb: "PUT", path: objectPath(type, id) }, attempt);
  }

  async destroy(type: string, id: string, attempt: Attempt): Promise<boolean> {
    try {
      await this.#send({ verb: "DELETE", path: objectPath(type, id) }, attempt);
      return true;
    } catch (error) {
      if (error instanceof GoverseError && error.code === "NOT_FOUND") return false;
      throw error;
    }
  }

  openEvents(gate: number, handlers: EventStreamHandlers): { close(): void } {
    const address = this.#gate(gate);
    return openEventStream({ fetch: this.#fetch, gate: address, maxEventBytes: this.#maxReplyBytes }, handlers);
  }

  adapt<C extends AnyContract>(contract: C): C {
    return jsonContract(contract);
  }

  close(): void {
    // Every request ends with its own signal; connections are the platform's.
  }

  #gate(index: number): string {
    return this.gates[index] ?? "";
  }

  /** Sends a request and answers with the text of a success. */
  async #send(request: HttpRequest, attempt: Attempt): Promise<string> {
    const gate = this.#gate(attempt.gate);
    let status: number;
    let body: Body;
    try {
      const response = await this.#fetch(gate + request.path, {
        method: request.verb,
        headers: headersOf(request, attempt),
        signal: attempt.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      status = response.status;
      body = await readBody(response, this.#maxReplyBytes);
    } catch (error) {
      throw fromFetchFailure(error, gate, attempt.callId);
    }
    if (status >= 200 && status < 300) return successText(body, this.#maxReplyBytes, attempt.callId);
    throw errorFromJson(status, "text" in body ? parseOr(body.text) : undefined, attempt.callId);
  }
}

function parseGate(gate: string): string {
  const remedy = "write the address as http://host:port or https://host:port";
  let url: URL;
  try {
    url = new URL(gate);
  } catch {
    throw invalidArgument("gates", gate, remedy);
  }
  if (!/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw invalidArgument("gates", gate, remedy);
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

function bodyOf(payload: Payload | undefined): string | undefined {
  if (payload !== undefined && payload.typeUrl !== JSON_TYPE_URL) {
    const message = `a ${payload.typeUrl} cannot be sent over HTTP: send JSON, or use the client of @goverse/client/grpc`;
    throw new GoverseError("UNSUPPORTED", message);
  }
  return jsonTextOf(payload);
}

function headersOf({ clientId, body }: HttpRequest, attempt: Attempt): Record<string, string> {
  return {
    accept: "application/json",
    [TIMEOUT_HEADER]: String(Math.min(Math.max(1, Math.ceil(attempt.timeoutMs)), MAX_TIMEOUT_MS)),
    [CALL_ID_HEADER]: attempt.callId,
    ...(attempt.repeatable ? { [REPEATABLE_HEADER]: "true" } : {}),
    ...(clientId === undefined ? {} : { [CLIENT_ID_HEADER]: clientId }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
}

/** The longest time that the header can say, in milliseconds: eleven days. */
const MAX_TIMEOUT_MS = 999_999_999;

function successText(body: Body, maxBytes: number, callId: string): string {
  if ("text" in body) return body.text;
  const message = `the method ran, but its reply is longer than ${maxBytes} bytes: raise maxReplyBytes or ask for less`;
  throw new GoverseError("INTERNAL", message, { callId });
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
