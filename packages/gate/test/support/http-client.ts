import { type ClientRequest, get, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { callPath, decodeSseFrame, EVENTS_PATH, type SseFrame } from "@goverse/protocol";
import { jsonTextOf } from "@goverse/core";
import { until } from "./cluster.ts";

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `undefined` when there is none. */
  readonly json: unknown;
}

/** Sends a request and reads the JSON answer. */
export async function send(address: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`http://${address}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === "" ? undefined : (JSON.parse(text) as unknown),
  };
}

/** Calls a method over HTTP. */
export function httpCall(
  address: string,
  [type, id, method]: readonly [type: string, id: string, method: string],
  input?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = input === undefined ? {} : { body: JSON.stringify(input) };
  const type_ = input === undefined ? {} : { "Content-Type": "application/json" };
  return send(address, callPath(type, id, method), { method: "POST", headers: { ...type_, ...headers }, ...body });
}

/** Sends bytes as they are and returns what comes back until the gate closes the connection. */
export function sendRaw(address: string, text: string): Promise<string> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    socket.write(text);
  });
}

/** Sends a request target that `fetch` would tidy up first. */
export function sendTarget(address: string, target: string, method = "GET"): Promise<{ status: number; body: string }> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: address.slice(0, colon), port: Number(address.slice(colon + 1)), path: target, method },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** An open event stream. */
export class EventReader {
  readonly frames: SseFrame[] = [];
  /** Everything that came, as text. */
  text = "";
  clientId = "";
  ended = false;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.#response = response;
    let rest = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      this.text += chunk;
      const parts = (rest + chunk).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#read(part);
    });
    response.on("close", () => (this.ended = true));
    response.on("error", () => undefined);
  }

  /** Opens a stream and waits for the client id. */
  static async open(address: string): Promise<EventReader> {
    const reader = await new Promise<EventReader>((resolve, reject) => {
      const outgoing = get(`http://${address}${EVENTS_PATH}`, { agent: false }, (response) => {
        if (response.statusCode === 200) resolve(new EventReader(outgoing, response));
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
      outgoing.on("error", reject);
    });
    await until("the event stream begins", () => reader.clientId !== "");
    return reader;
  }

  /** What was pushed, decoded. */
  get messages(): unknown[] {
    return this.frames.flatMap((frame) =>
      frame.kind === "message" ? [JSON.parse(jsonTextOf(frame.payload) ?? "null") as unknown] : [],
    );
  }

  /** Stops reading, as a stuck browser does. */
  pause(): void {
    this.#response.pause();
    this.#response.socket.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#response.socket.resume();
    this.#response.resume();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#request.destroy();
  }

  #read(part: string): void {
    const fields = part.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line));
    const value = (name: string): string | undefined => fields.find((field) => field?.[1] === name)?.[2];
    const frame = decodeSseFrame(value("event"), value("data") ?? "");
    if (frame === undefined) return;
    if (frame.kind === "register") this.clientId = frame.clientId;
    this.frames.push(frame);
  }
}
