import type { IncomingMessage, ServerResponse } from "node:http";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { contract, GoverseError, jsonTextOf } from "@goverse/core";
import { encodeSseFrame, pb } from "@goverse/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Client, createClient, type HttpClientOptions } from "../src/index.ts";
import { Room } from "./support/chat.ts";
import { Cleanups, failureOf, roomEvent } from "./support/harness.ts";
import { type HttpGate, startHttpGate } from "./support/http-gate.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

async function connect(options: Partial<HttpClientOptions> = {}): Promise<{ client: Client; gate: HttpGate }> {
  const gate = await startHttpGate(async () => undefined);
  cleanups.add(() => gate.close());
  const client = createClient({ gates: [gate.address], ...options });
  cleanups.add(() => client.close());
  return { client, gate };
}

/** A client whose gate answers calls like this. */
async function answered(
  raw: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<HttpClientOptions> = {},
): Promise<Client> {
  const { client, gate } = await connect(options);
  gate.raw = raw;
  return client;
}

const say = (client: Client): Promise<unknown> => client.object(Room, "a").Say({ text: "hi" });

describe("an answer that is not a gate's", () => {
  test.each([
    [502, "<html>Bad Gateway</html>", "UNKNOWN_OUTCOME"],
    [503, "", "UNKNOWN_OUTCOME"],
    [404, "no such page", "NOT_FOUND"],
    [413, '{"message":"too big"}', "PAYLOAD_TOO_LARGE"],
    [304, "", "UNKNOWN_OUTCOME"],
  ])("%i %j is judged by its status", async (status, body, code) => {
    const client = await answered((_request, response) => response.writeHead(status).end(body));
    const error = await failureOf(say(client));
    expect(error.code).toBe(code);
    expect(error.details.callId).toBeDefined();
  });

  test("a result that is not JSON is refused", async () => {
    const client = await answered((_request, response) => response.writeHead(200).end("<html>"));
    expect((await failureOf(say(client))).code).toBe("INVALID_ARGUMENT");
  });
});

describe("a reply", () => {
  test("that ends in the middle leaves the outcome unknown", async () => {
    const client = await answered((_request, response) => {
      response.writeHead(200, { "content-length": 1000 }).write('{"seq"');
      response.on("drain", () => {});
      setImmediate(() => response.destroy());
    });
    expect((await failureOf(say(client))).code).toBe("UNKNOWN_OUTCOME");
  });

  test("above the limit is not read to its end, and the error says that the method ran", async () => {
    let hungUp = false;
    const client = await answered(
      (_request, response) => {
        response.writeHead(200).write("x".repeat(2000));
        response.on("close", () => (hungUp = true));
      },
      { maxReplyBytes: 1000 },
    );
    expect(await failureOf(say(client))).toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("longer than 1000 bytes"),
    });
    await expect.poll(() => hungUp).toBe(true);
  });
});

describe("a browser's fetch", () => {
  test("that fails without saying how far it got leaves the outcome unknown", async () => {
    const fetch = (): Promise<Response> => Promise.reject(new TypeError("Failed to fetch"));
    const { client } = await connect({ fetch });
    expect(await failureOf(say(client))).toMatchObject({ code: "UNKNOWN_OUTCOME", notStarted: false });
  });

  test("is called without an owner", async () => {
    const owners: unknown[] = [];
    function fetch(this: unknown): Promise<Response> {
      owners.push(this);
      return Promise.resolve(new Response('{"seq":1}'));
    }
    const { client } = await connect({ fetch });
    await say(client);
    expect(owners).toEqual([undefined]);
  });
});

describe("addresses", () => {
  test("a name that stands for nothing is never reached, so the call goes elsewhere", async () => {
    const { gate } = await connect();
    gate.raw = (_request, response) => response.end('{"seq":1}');
    const client = createClient({ gates: ["http://nowhere.invalid:8080", gate.address], random: () => 0 });
    cleanups.add(() => client.close());
    expect(await say(client)).toEqual({ seq: 1 });
  });

  test("may have a path in front", async () => {
    const paths: (string | undefined)[] = [];
    const { gate } = await connect();
    gate.raw = (request, response) => {
      paths.push(request.url);
      response.end('{"seq":1}');
    };
    const client = createClient({ gates: [`${gate.address}/behind/a/proxy/`] });
    cleanups.add(() => client.close());
    await say(client);
    expect(paths).toEqual(["/behind/a/proxy/api/v1/call/Room/a/Say"]);
  });

  test("credentials, queries and other schemes are refused", () => {
    for (const gate of ["http://user@host", "http://host?x", "http://host#x", "ws://host", "host:8080", "/api"]) {
      expect(() => createClient({ gates: [gate] })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});

describe("protobuf messages", () => {
  const Clock = contract("Clock", {
    methods: {
      Set: { in: pb(TimestampSchema), out: pb(TimestampSchema) },
      Now: { out: pb(TimestampSchema), mode: "read" },
    },
    events: { tick: pb(TimestampSchema) },
  });

  test("travel in their JSON form, there and back", async () => {
    const gate = await startHttpGate(async ({ payload }) => payload);
    cleanups.add(() => gate.close());
    const client = createClient({ gates: [gate.address] });
    cleanups.add(() => client.close());
    const reply = await client.object(Clock, "a").Set({ seconds: 5n });
    expect(reply).toMatchObject({ $typeName: "google.protobuf.Timestamp", seconds: 5n });
    expect(jsonTextOf(gate.seen[0]?.payload)).toBe('"1970-01-01T00:00:05Z"');
  });

  test("arrive as events, in JSON or as they are", async () => {
    const { client, gate } = await connect();
    const ticks: bigint[] = [];
    client.on(Clock, "tick", ({ seconds }) => ticks.push(seconds));
    await client.connect();
    const source = { type: "Clock", id: "a" };
    const bytes = new Uint8Array([0x08, 0x06]);
    const typeUrl = "type.googleapis.com/google.protobuf.Timestamp";
    gate.push({ ...roomEvent("tick", '"1970-01-01T00:00:05Z"'), source });
    gate.push({ source, event: "tick", payload: { typeUrl, bytes } });
    await expect.poll(() => ticks).toEqual([5n, 6n]);
    expect(client.droppedEvents).toBe(0);
  });

  test("that somebody hands over as they are cannot be sent", async () => {
    const { client } = await connect();
    const payload = { typeUrl: "type.googleapis.com/google.protobuf.Timestamp", bytes: new Uint8Array() };
    const call = {
      type: "T",
      id: "a",
      method: "M",
      payload,
      timeoutMs: undefined,
      signal: undefined,
      repeatable: false,
    };
    expect((await failureOf(client.call(call))).code).toBe("UNSUPPORTED");
  });
});

describe("the event stream", () => {
  test("may come in any pieces, with comments, heartbeats and frames of a newer version", async () => {
    const { client, gate } = await connect();
    const heard: string[] = [];
    client.on(Room, "message", ({ text }) => heard.push(text));
    const text =
      `retry: 1000\n: comment\n\nevent: close\ndata: {"reason":"stopping"}\n\n${encodeSseFrame({ kind: "heartbeat" })}` +
      encodeSseFrame({ kind: "message", ...roomEvent("message", '{"text":"日本語 €"}') }).replaceAll("\n", "\r\n");
    gate.raw = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from(encodeSseFrame({ kind: "register", clientId: "c" }) + text);
      const writeFrom = (at: number): void => {
        if (at < bytes.length) response.write(bytes.subarray(at, at + 7), () => setImmediate(() => writeFrom(at + 7)));
      };
      writeFrom(0);
    };
    await client.connect();
    await expect.poll(() => heard).toEqual(["日本語 €"]);
    expect(client.droppedEvents).toBe(0);
  });

  test("is given up when an event is too long, and opened again", async () => {
    const { client, gate } = await connect({ maxReplyBytes: 10_000, random: () => 0 });
    const states: boolean[] = [];
    client.onConnection(({ connected }) => states.push(connected));
    await client.connect();
    gate.write(`event: message\ndata: ${"x".repeat(20_000)}`);
    await expect.poll(() => states.slice(0, 3)).toEqual([true, false, true]);
  });

  test("that the gate refuses says why", async () => {
    const { client, gate } = await connect();
    gate.refuse = new GoverseError("RESOURCE_EXHAUSTED", "too many clients");
    const error = await failureOf(client.connect({ timeoutMs: 100 }));
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED", message: "too many clients" });
  });

  test("that a proxy refuses is reported as unavailable", async () => {
    const { client, gate } = await connect();
    gate.raw = (_request, response) => response.writeHead(502).end("Bad Gateway");
    const error = await failureOf(client.connect({ timeoutMs: 100 }));
    expect(error).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("502") });
  });
});
