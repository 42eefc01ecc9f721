import { GoverseError } from "@goverse/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gate } from "../src/index.ts";
import { startCluster, type TestCluster } from "./support/cluster.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { httpCall, send } from "./support/http-client.ts";

let cluster: TestCluster;
let gate: Gate;
let http: string;
let grpc: GrpcClient;

beforeAll(async () => {
  cluster = await startCluster("a", "b");
  gate = await cluster.addGate();
  http = gate.httpAddress as string;
  grpc = new GrpcClient(gate.address);
});

afterAll(async () => {
  grpc.close();
  await cluster.stop();
});

async function failure(promise: Promise<unknown>): Promise<GoverseError> {
  return promise.then(
    () => {
      throw new Error("it should have failed");
    },
    (error: unknown) => GoverseError.from(error),
  );
}

describe("calls over gRPC", () => {
  test("reach the object and bring its result, whichever node has it", async () => {
    const nodes = new Set<unknown>();
    for (let i = 0; i < 20; i += 1) {
      const { value, node } = (await grpc.call("Room", `grpc-${i}`, "Add", { by: 2 })) as Record<string, unknown>;
      expect(value).toBe(2);
      nodes.add(node);
    }
    expect(nodes).toEqual(new Set(["a", "b"]));
  });

  test("of methods without input or result bring nothing", async () => {
    expect(await grpc.call("Room", "grpc-1", "Touch")).toBeUndefined();
  });

  test("bring declared failures with their data", async () => {
    const error = await failure(grpc.call("Room", "grpc-1", "Refuse", { limit: 3 }));
    expect([error.code, error.details.declared]).toEqual(["DECLARED", { name: "TooMany", data: { limit: 3 } }]);
  });

  test("hide what happened inside, but say which call it was", async () => {
    const error = await failure(grpc.call("Room", "grpc-1", "Crash", undefined, { callId: "find-me" }));
    expect([error.code, error.details.callId]).toEqual(["INTERNAL", "find-me"]);
    expect(error.message).not.toContain("secret");
  });

  test("end at the caller's deadline, and the method hears of it", async () => {
    const startedMs = performance.now();
    const error = await failure(grpc.call("Room", "grpc-slow", "Wait", { ms: 5_000 }, { timeoutMs: 150 }));
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    // The next turn could not start while the aborted one went on.
    expect(await grpc.call("Room", "grpc-slow", "Get")).toEqual({ value: 0 });
  });

  test("create and delete objects, with an id of ours when the caller has none", async () => {
    expect(await grpc.create("Room", "made")).toBe("made");
    expect(await grpc.create("Room", "")).toMatch(/^Room-[A-Za-z0-9_-]{20}$/);
    expect([await grpc.delete("Room", "made"), await grpc.delete("Room", "made")]).toEqual([true, false]);
  });

  test("that should be reliable are turned down in the answer, not by a status", async () => {
    const { status, error } = await grpc.reliableCall("once");
    expect([status, error]).toEqual(["SKIPPED", "no persistence provider"]);
  });
});

describe("calls over HTTP", () => {
  test("take and bring JSON", async () => {
    const answer = await httpCall(http, ["Room", "http", "Add"], { by: 3 });
    expect(answer).toMatchObject({ status: 200, json: { value: 3 } });
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("without a body call methods without input", async () => {
    expect(await httpCall(http, ["Room", "http", "Get"])).toMatchObject({ status: 200, json: { value: 3 } });
  });

  test("answer 204 when there is no result", async () => {
    expect(await httpCall(http, ["Room", "http", "Touch"])).toMatchObject({ status: 204, json: undefined });
  });

  test("bring declared failures with their data", async () => {
    expect(await httpCall(http, ["Room", "http", "Refuse"], { limit: 7 })).toMatchObject({
      status: 422,
      json: { code: "DECLARED", details: { declared: { name: "TooMany", data: { limit: 7 } } } },
    });
  });

  test("hide what happened inside, but say which call it was", async () => {
    const answer = await httpCall(http, ["Room", "http", "Crash"], undefined, { "X-Goverse-Call-Id": "find-me" });
    expect(answer).toMatchObject({ status: 500, json: { code: "INTERNAL", details: { callId: "find-me" } } });
    expect(JSON.stringify(answer.json)).not.toMatch(/secret|at .*\.ts/);
  });

  test("end when the caller's time is over", async () => {
    const answer = await httpCall(
      http,
      ["Room", "http-slow", "Wait"],
      { ms: 5_000 },
      { "X-Goverse-Timeout-Ms": "100" },
    );
    expect(answer).toMatchObject({ status: 504, json: { code: "DEADLINE_EXCEEDED" } });
  });

  test("decode an id exactly once", async () => {
    for (const id of ["a%2Fb", "日本 語", "shard#3/x", "?&=#"]) {
      expect([id, (await httpCall(http, ["Room", id, "Add"], { by: 1 })).status]).toEqual([id, 200]);
    }
    expect(await grpc.call("Room", "a%2Fb", "Get")).toEqual({ value: 1 });
    expect(await grpc.call("Room", "shard#3/x", "Get")).toEqual({ value: 1 });
  });

  test("create and delete objects", async () => {
    const path = "/api/v1/objects/Room/http-made";
    expect(await send(http, path, { method: "PUT" })).toMatchObject({ status: 200, json: { id: "http-made" } });
    expect(await send(http, path, { method: "DELETE" })).toMatchObject({ status: 204 });
    expect(await send(http, path, { method: "DELETE" })).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  });

  test("end for the method, too, when the client hangs up", async () => {
    const abort = new AbortController();
    const pending = fetch(`http://${http}/api/v1/call/Room/hang-up/Wait`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ms: 60_000 }),
      signal: abort.signal,
    });
    const second = grpc.call("Room", "hang-up", "Get");
    // The room is busy with the first call: the second one's answer shows that it was given up.
    setTimeout(() => abort.abort(), 50);
    await expect(pending).rejects.toThrow();
    expect(await second).toEqual({ value: 0 });
  });
});
