import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventStream, HEARTBEAT_MS } from "../src/http/event-stream.ts";
import { until } from "./support/cluster.ts";
import { ManualClock } from "./support/manual-clock.ts";

let server: Server;
let clock: ManualClock;
let stream: EventStream;
let reader: IncomingMessage;
let text: string;

beforeEach(async () => {
  clock = new ManualClock();
  text = "";
  server = createServer((_request, response) => {
    stream = new EventStream(response, clock);
    stream.greet("gate:1/x");
  }).listen(0, "localhost");
  await once(server, "listening");
  const request = get({ host: "localhost", port: (server.address() as AddressInfo).port });
  [reader] = (await once(request, "response")) as [IncomingMessage];
  reader.setEncoding("utf8");
  reader.on("data", (chunk: string) => (text += chunk));
  await once(reader, "data");
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test("an event stream begins with how to come back and who the client is", () => {
  expect(reader.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  expect(text).toBe('retry: 1000\nevent: register\ndata: {"clientId":"gate:1/x"}\n\n');
});

test("an event stream that is silent beats", async () => {
  const beats = (): number => text.match(/event: heartbeat\ndata: \{\}\n\n/g)?.length ?? 0;
  await clock.advance(HEARTBEAT_MS);
  await until("it beats", () => beats() === 1);
  await clock.advance(2 * HEARTBEAT_MS);
  await until("it beats on", () => beats() === 3);
});

test("an event stream ends with the reason, and beats no more", async () => {
  stream.close("slow");
  await once(reader, "end");
  expect(text).toMatch(/event: close\ndata: \{"reason":"slow"\}\n\n$/);
  await clock.advance(10 * HEARTBEAT_MS);
  expect(text).not.toContain("heartbeat");
});
