import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { GoverseError, jsonPayload, jsonTextOf } from "@goverse/core";
import { encodeSseFrame, errorToJson, parseApiPath, parseTimeoutHeader } from "@goverse/protocol";
import type { Answer, FakeGate, Seen } from "./fake-gate.ts";

/** A gate over HTTP, with what a test of HTTP wants besides. */
export interface HttpGate extends FakeGate {
  /** Answers a call itself, when set. */
  raw: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  write(text: string): void;
}

export async function startHttpGate(answer: Answer, port = 0): Promise<HttpGate> {
  const seen: Seen[] = [];
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (gate.raw !== undefined) return gate.raw(request, response);
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = parseApiPath(new URL(request.url ?? "", "http://gate").pathname);
    if (path === undefined) return void response.writeHead(404).end("not found");
    if (path.kind === "events") return openStream(response);
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const body = await text(request);
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const call: Seen = {
      ...path,
      kind: path.kind === "call" ? "call" : request.method === "PUT" ? "create" : "destroy",
      payload: body === "" ? undefined : jsonPayload(body),
      clientId: header("x-client-id"),
      callId: header("x-goverse-call-id"),
      timeoutMs: parseTimeoutHeader(header("x-goverse-timeout-ms")),
      repeatable: header("x-goverse-repeatable"),
      signal: abort.signal,
    };
    seen.push(call);
    try {
      const reply = await answer(call);
      if (reply === false) throw new GoverseError("NOT_FOUND", "there is no such object");
      const json = typeof reply === "object" ? jsonTextOf(reply) : undefined;
      response.writeHead(json === undefined ? 204 : 200, { "content-type": "application/json" }).end(json);
    } catch (error) {
      refuse(response, GoverseError.from(error));
    }
  }

  function openStream(response: ServerResponse): void {
    if (gate.refuse !== undefined) return refuse(response, GoverseError.from(gate.refuse));
    response.writeHead(200, { "content-type": "text/event-stream" });
    streams.add(response);
    response.on("close", () => streams.delete(response));
    streamsOpened += 1;
    response.write(encodeSseFrame({ kind: "register", clientId: `${gate.address}/${streamsOpened}` }));
  }

  let streamsOpened = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const write = (frame: string): void => {
    for (const stream of streams) stream.write(frame);
  };
  const gate: HttpGate = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get streamCount() {
      return streams.size;
    },
    refuse: undefined,
    raw: undefined,
    write,
    push: (event) => write(encodeSseFrame({ kind: "message", ...event })),
    pushGarbage: () => write("event: message\ndata: {garbage\n\n"),
    heartbeat: () => write(encodeSseFrame({ kind: "heartbeat" })),
    endStreams: () => streams.forEach((stream) => stream.end()),
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
  return gate;
}

function refuse(response: ServerResponse, error: GoverseError): void {
  const { status, body } = errorToJson(error);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
