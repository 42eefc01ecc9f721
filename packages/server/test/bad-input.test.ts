import { type ErrorCode, GoverseError, jsonPayload } from "@goverse/core";
import { Goverse, ReliableCallStatus } from "@goverse/protocol";
import { callUnary } from "@goverse/protocol/grpc";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { metric, startCluster, type TestCluster } from "./support/cluster.ts";
import { RawClient, type RawCall } from "./support/raw-client.ts";

let cluster: TestCluster;
let raw: RawClient;

beforeAll(async () => {
  cluster = await startCluster(["only"]);
  raw = new RawClient(String(cluster.servers[0]?.address));
});

afterAll(async () => {
  raw.close();
  await cluster.stop();
});

// Whatever came before: the node still works.
afterEach(async () => {
  const reply = await raw.call({ type: "Counter", id: "control", method: "Get" });
  expect(reply?.typeUrl).toBe("type.googleapis.com/goverse.Json");
});

const good: RawCall = { type: "Counter", id: "a", method: "Add", payload: jsonPayload('{"by":1}') };

const table: readonly (readonly [name: string, call: RawCall, code: ErrorCode, message: string])[] = [
  ["an unknown type", { ...good, type: "Nothing" }, "UNKNOWN_TYPE", "Nothing"],
  ["a type named like a property", { ...good, type: "__proto__" }, "UNKNOWN_TYPE", "__proto__"],
  ["a type without end", { ...good, type: "x".repeat(100_000) }, "INVALID_ARGUMENT", "type"],
  ["no type", { ...good, type: "" }, "INVALID_ARGUMENT", "type"],
  ["an unknown method", { ...good, method: "Subtract" }, "UNKNOWN_METHOD", "Subtract"],
  ["__proto__ as a method", { ...good, method: "__proto__" }, "UNKNOWN_METHOD", "__proto__"],
  ["constructor as a method", { ...good, method: "constructor" }, "UNKNOWN_METHOD", "constructor"],
  ["toString as a method", { ...good, method: "toString" }, "UNKNOWN_METHOD", "toString"],
  ["a method without end", { ...good, method: "x".repeat(100_000) }, "INVALID_ARGUMENT", "method"],
  ["no method", { ...good, method: "" }, "INVALID_ARGUMENT", "method"],
  ["no id", { ...good, id: "" }, "INVALID_ARGUMENT", "object id"],
  ["an id with a control character", { ...good, id: "a\u0000b" }, "INVALID_ARGUMENT", "object id"],
  ["an id with a line break", { ...good, id: "a\nb" }, "INVALID_ARGUMENT", "object id"],
  ["an id that is too long", { ...good, id: "x".repeat(256) }, "INVALID_ARGUMENT", "object id"],
  ["a shard below the first", { ...good, id: "shard#-1/x" }, "INVALID_ARGUMENT", "object id"],
  ["a shard beyond the last", { ...good, id: "shard#64/x" }, "INVALID_ARGUMENT", "object id"],
  ["a shard without a name", { ...good, id: "shard#5" }, "INVALID_ARGUMENT", "object id"],
  ["an id at no address", { ...good, id: "nowhere/x" }, "INVALID_ARGUMENT", "object id"],
  ["an object pinned to another node", { ...good, id: "elsewhere:1/x" }, "NOT_OWNER", "elsewhere:1/x"],
  ["text that is no JSON", { ...good, payload: jsonPayload('{"by":') }, "INVALID_ARGUMENT", "Counter.Add"],
  ["JSON of the wrong shape", { ...good, payload: jsonPayload('{"by":"one"}') }, "INVALID_ARGUMENT", "by"],
  [
    "JSON with a prototype",
    { ...good, payload: jsonPayload('{"__proto__":{},"by":1}') },
    "INVALID_ARGUMENT",
    "__proto__",
  ],
  [
    "bytes that are no JSON message",
    { ...good, payload: { typeUrl: "type.googleapis.com/goverse.Json", bytes: Uint8Array.of(0x0a, 0xff) } },
    "INVALID_ARGUMENT",
    "Counter.Add",
  ],
  [
    "a message of a foreign type",
    { ...good, payload: { typeUrl: "type.googleapis.com/chat.Message", bytes: Uint8Array.of(1) } },
    "INVALID_ARGUMENT",
    "chat.Message",
  ],
  [
    "a message without a type",
    { ...good, payload: { typeUrl: "", bytes: Uint8Array.of(1) } },
    "INVALID_ARGUMENT",
    "request.type_url",
  ],
  ["no input where one is needed", { type: "Counter", id: "a", method: "Add" }, "INVALID_ARGUMENT", "Counter.Add"],
  ["a client id that is too long", { ...good, clientId: "x".repeat(1000) }, "INVALID_ARGUMENT", "client_id"],
  ["a call id that is too long", { ...good, callId: "x".repeat(1000) }, "INVALID_ARGUMENT", "call_id"],
  ["a turn id that is too long", { ...good, chain: ["x".repeat(1000)] }, "INVALID_ARGUMENT", "chain"],
  [
    "a chain without end",
    { ...good, chain: Array.from({ length: 33 }, (_, n) => `1:${n}@A/a`) },
    "REENTRANT_CALL",
    "32",
  ],
  ["a caller that was replaced", { ...good, callerShard: 1, callerEpoch: 1n }, "TURN_ENDED", "shard 1"],
  [
    "5 MiB of input",
    { ...good, payload: jsonPayload(`{"by":1,"pad":"${"x".repeat(5 * 1024 * 1024)}"}`) },
    "PAYLOAD_TOO_LARGE",
    "larger than max",
  ],
];

test.each(table)("%s is refused with the right code", async (_name, call, code, message) => {
  const error: unknown = await raw.call(call).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GoverseError);
  expect((error as GoverseError).code).toBe(code);
  expect((error as GoverseError).message).toContain(message);
  expect((error as GoverseError).message.length).toBeLessThan(1000);
});

test("a result that is too large is said to be so", async () => {
  const payload = jsonPayload(JSON.stringify({ length: 5 * 1024 * 1024 }));
  const big = raw.call({ type: "Counter", id: "big", method: "Big", payload });
  await expect(big).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
});

test("a failing method tells its caller nothing of the inside", async () => {
  const error: unknown = await raw.call({ ...good, method: "Fail" }).catch((thrown: unknown) => thrown);
  expect((error as GoverseError).code).toBe("INTERNAL");
  expect(JSON.stringify(error) + String(error)).not.toContain("secret");
});

test.each(["CallObject", "CreateObject", "DeleteObject", "RegisterGate", "ReliableCallObject", "NoSuchMethod"])(
  "bytes that are no message do not hurt %s",
  async (method) => {
    for (const bytes of [Uint8Array.of(0xff, 0xff, 0xff), new Uint8Array(1000).fill(0x0a), Uint8Array.of(0x08)]) {
      expect(await raw.send(method, bytes)).toBeInstanceOf(GoverseError);
    }
  },
);

test("a gate with a malformed address is refused", async () => {
  const error = await raw.send("RegisterGate", Buffer.from("\u000a\u0003abc", "latin1"));
  expect(error?.code).toBe("INVALID_ARGUMENT");
  expect(error?.message).toContain("gate_addr");
});

test.each([
  [{}, "call_id must be specified in ReliableCallObject request"],
  [{ callId: "1" }, "object_type must be specified in ReliableCallObject request"],
  [
    { callId: "1", objectType: "Counter", objectId: "a", methodName: "Add", request: { typeUrl: "t" } },
    "no persistence provider",
  ],
])("a reliable call is skipped, never failed: %o", async (request, error) => {
  const reply = await callUnary(raw.client, Goverse.method.reliableCallObject, request, raw.options());
  expect(reply).toMatchObject({ status: ReliableCallStatus.SKIPPED, error });
});

test("names that nobody registered make one series, not one each", async () => {
  for (const name of ["X1", "X2", "X3"]) await raw.call({ ...good, type: name }).catch(() => {});
  const server = cluster.servers[0];
  if (server === undefined) throw new Error("no server");
  expect(await metric(server, "goverse_method_calls_total", 'object_type="_unknown"')).toBeGreaterThanOrEqual(3);
  expect(await metric(server, "goverse_method_calls_total", 'object_type="X1"')).toBe(0);
});
