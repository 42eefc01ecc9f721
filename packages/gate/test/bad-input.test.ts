import { GoverseError } from "@goverse/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gate, MAX_BODY_BYTES } from "../src/index.ts";
import { startCluster, type TestCluster } from "./support/cluster.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { httpCall, send, sendRaw, sendTarget } from "./support/http-client.ts";

let cluster: TestCluster;
let gate: Gate;
let http: string;
let grpc: GrpcClient;

beforeAll(async () => {
  cluster = await startCluster("a");
  gate = await cluster.addGate({ corsOrigins: ["https://chat.example"] });
  http = gate.httpAddress as string;
  grpc = new GrpcClient(gate.address);
});

// Whatever came in, the gate and its node still do their work.
afterAll(async () => {
  expect(await httpCall(http, ["Room", "still-here", "Add"], { by: 1 })).toMatchObject({ status: 200 });
  grpc.close();
  await cluster.stop();
});

const JSON_TYPE = { "Content-Type": "application/json" };
const CALL = "/api/v1/call/Room/bad/Add";

describe("bad input over HTTP", () => {
  test.each([
    ["an unknown type", "/api/v1/call/Castle/a/Add", { body: "{}" }, 404, "UNKNOWN_TYPE"],
    ["an unknown method", "/api/v1/call/Room/a/Fly", { body: "{}" }, 404, "UNKNOWN_METHOD"],
    ["__proto__ as method", "/api/v1/call/Room/a/__proto__", { body: "{}" }, 404, "UNKNOWN_METHOD"],
    ["constructor as method", "/api/v1/call/Room/a/constructor", { body: "{}" }, 404, "UNKNOWN_METHOD"],
    ["__proto__ as type", "/api/v1/call/__proto__/a/Add", { body: "{}" }, 404, "UNKNOWN_TYPE"],
    ["toString as type", "/api/v1/call/toString/a/Add", { body: "{}" }, 404, "UNKNOWN_TYPE"],
    ["malformed JSON", CALL, { body: '{"by":' }, 400, "INVALID_ARGUMENT"],
    ["a body that is not UTF-8", CALL, { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, "INVALID_ARGUMENT"],
    ["__proto__ in the input", CALL, { body: '{"by":1,"__proto__":{}}' }, 400, "INVALID_ARGUMENT"],
    ["input of the wrong shape", CALL, { body: '{"by":"one"}' }, 400, "INVALID_ARGUMENT"],
    ["no input where some is needed", CALL, {}, 400, "INVALID_ARGUMENT"],
    ["too large a body", CALL, { body: JSON.stringify("x".repeat(MAX_BODY_BYTES)) }, 413, "PAYLOAD_TOO_LARGE"],
    ["an id with a line break", "/api/v1/call/Room/a%0Ab/Add", { body: "{}" }, 400, "INVALID_ARGUMENT"],
    ["an id that is too long", `/api/v1/call/Room/${"a".repeat(256)}/Add`, { body: "{}" }, 400, "INVALID_ARGUMENT"],
    ["a path that is too long", `/api/v1/call/Room/${"a".repeat(2_048)}/Add`, {}, 414, "INVALID_ARGUMENT"],
    ["an empty id", "/api/v1/call/Room//Add", { body: "{}" }, 400, "INVALID_ARGUMENT"],
    ["too few segments", "/api/v1/call/Room/a", { body: "{}" }, 400, "INVALID_ARGUMENT"],
    ["too many segments", `${CALL}/more`, { body: "{}" }, 400, "INVALID_ARGUMENT"],
    ["a shard that does not exist", "/api/v1/call/Room/shard%2399%2Fx/Add", { body: "{}" }, 400, "INVALID_ARGUMENT"],
  ] as const)("%s", async (_name, path, init, status, code) => {
    const answer = await send(http, path, { method: "POST", headers: "body" in init ? JSON_TYPE : {}, ...init });
    expect(answer).toMatchObject({ status, json: { code, error: expect.any(String) as string } });
    expect(JSON.stringify(answer.json)).not.toMatch(/\bat .*\.[jt]s/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["text", { "Content-Type": "text/plain" }, 415],
    ["a form", { "Content-Type": "application/x-www-form-urlencoded" }, 415],
    ["JSON in another encoding", { "Content-Type": "application/json; charset=utf-16" }, 415],
    ["a compressed body", { ...JSON_TYPE, "Content-Encoding": "gzip" }, 415],
    ["JSON in UTF-8, spelled out", { "Content-Type": "application/json; charset=UTF-8" }, 200],
  ])("content of the type %s", async (_name, headers, status) => {
    expect((await send(http, CALL, { method: "POST", headers, body: '{"by":1}' })).status).toBe(status);
  });

  test("a body that says nothing of its type is taken for JSON", async () => {
    const body = new Blob(['{"by":1}']);
    expect((await send(http, CALL, { method: "POST", body })).status).toBe(200);
  });

  test.each([
    ["X-Goverse-Timeout-Ms", "soon"],
    ["X-Goverse-Timeout-Ms", "0"],
    ["X-Goverse-Timeout-Ms", "-1"],
    ["X-Client-ID", "nonsense"],
    ["X-Goverse-Repeatable", "maybe"],
    ["X-Goverse-Call-Id", "a b"],
  ])("header %s: %s", async (name, value) => {
    const answer = await httpCall(http, ["Room", "bad", "Get"], undefined, { [name]: value });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  });

  test.each([
    ["GET", CALL, "POST, OPTIONS"],
    ["POST", "/api/v1/objects/Room/a", "PUT, DELETE, OPTIONS"],
    ["POST", "/api/v1/events", "GET, OPTIONS"],
    ["HEAD", "/api/v1/events", "GET, OPTIONS"],
    ["DELETE", "/metrics", "HEAD, GET"],
  ])("%s %s is answered with what is allowed", async (method, path, allow) => {
    const answer = await send(http, path, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    if (method !== "HEAD") expect(answer.json).toMatchObject({ error: expect.any(String) as string });
  });

  test.each(["/", "/nothing", "/api/v1/nothing", "/debug/pprof/"])("nothing is served at %s", async (path) => {
    expect(await send(http, path)).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  });

  test.each([
    "/../etc/passwd",
    "/api/v1/../../etc/passwd",
    "/x%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/etc",
    "/a%00",
    "/%zz",
  ])("the target %s is refused", async (target) => {
    const { status, body } = await sendTarget(http, target);
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ code: "INVALID_ARGUMENT" })]);
  });

  test("an absolute target is refused", async () => {
    expect((await sendTarget(http, "http://elsewhere.example/metrics")).status).toBe(400);
  });

  test("two Host headers are refused", async () => {
    const text = "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n";
    expect(await sendRaw(http, text)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("what is not HTTP is refused", async () => {
    expect(await sendRaw(http, "hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("headers without end are refused", async () => {
    expect(await sendRaw(http, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  test("a body that promises too much is refused before it comes", async () => {
    const head = `POST ${CALL} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n`;
    expect(await sendRaw(http, head)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("pages of other sites", () => {
  const call = (origin: string, method = "POST"): ReturnType<typeof send> =>
    send(http, "/api/v1/call/Room/cors/Touch", { method, headers: { Origin: origin } });

  test("are refused unless they are listed", async () => {
    expect(await call("https://evil.example")).toMatchObject({ status: 403, json: { code: "PERMISSION_DENIED" } });
    expect((await call("null")).status).toBe(403);
  });

  test("may call when they are listed, and are told so", async () => {
    const answer = await call("https://chat.example");
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, "https://chat.example"]);
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  test("of the gate itself may call", async () => {
    expect((await call(`http://${http}`)).status).toBe(204);
  });

  test("ask first what they may send", async () => {
    const { status, headers } = await call("https://chat.example", "OPTIONS");
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-methods")).toContain("POST");
    expect(headers.get("access-control-allow-headers")).toContain("x-client-id");
  });
});

describe("bad input over gRPC", () => {
  const failing = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "nothing",
      (error: unknown) => GoverseError.from(error).code,
    );

  test.each([
    ["an unknown type", "Castle", "a", "Add", "UNKNOWN_TYPE"],
    ["an empty type", "", "a", "Add", "UNKNOWN_TYPE"],
    ["an unknown method", "Room", "a", "Fly", "UNKNOWN_METHOD"],
    ["__proto__ as method", "Room", "a", "__proto__", "UNKNOWN_METHOD"],
    ["an empty id", "Room", "", "Add", "INVALID_ARGUMENT"],
    ["an id with control characters", "Room", "a\u0000b", "Add", "INVALID_ARGUMENT"],
    ["an id with a line break", "Room", "a\nb", "Add", "INVALID_ARGUMENT"],
    ["an id that is too long", "Room", "a".repeat(256), "Add", "INVALID_ARGUMENT"],
    ["a pinned id without a shard", "Room", "shard#/x", "Add", "INVALID_ARGUMENT"],
  ])("%s", async (_name, type, id, method, code) => {
    expect(await failing(grpc.call(type, id, method, { by: 1 }))).toBe(code);
  });

  test("input of the wrong shape, none at all, and a client id that is none", async () => {
    expect(await failing(grpc.call("Room", "a", "Add", { by: "one" }))).toBe("INVALID_ARGUMENT");
    expect(await failing(grpc.call("Room", "a", "Add"))).toBe("INVALID_ARGUMENT");
    expect(await failing(grpc.call("Room", "a", "Get", undefined, { clientId: "x y" }))).toBe("INVALID_ARGUMENT");
    expect(await failing(grpc.call("Room", "a", "Get", undefined, { callId: "x y" }))).toBe("INVALID_ARGUMENT");
  });

  test("a message that is too large", async () => {
    expect(await failing(grpc.call("Room", "a", "Add", "x".repeat(5 * 1024 * 1024)))).toBe("PAYLOAD_TOO_LARGE");
  });

  test("create and delete without a type", async () => {
    expect(await failing(grpc.create("", ""))).toBe("UNKNOWN_TYPE");
    expect(await failing(grpc.delete("", "a"))).toBe("UNKNOWN_TYPE");
  });
});
