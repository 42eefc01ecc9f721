import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ERROR_CODES, type ErrorDetails, GoverseError } from "@goverse/core";
import { describe, expect, test } from "vitest";
import { ErrorDetailSchema, ErrorStatusSchema } from "../src/gen/goverse/payload_pb.ts";
import { decodeErrorStatus, encodeErrorStatus, errorFromJson, errorToJson, grpcStatusOf } from "../src/index.ts";

const details: ErrorDetails = {
  field: "id",
  callId: "c-1",
  owner: "localhost:47001",
  path: ["A/1", "B/2"],
  declared: { name: "Muted", data: { until: 7, why: ["x", null] } },
  retryAfterMs: 250,
};

const parts = ({ code, message, details }: GoverseError): unknown => ({ code, message, details });

describe.each([
  ["the gRPC trailer", (error: GoverseError) => decodeErrorStatus(encodeErrorStatus(error))],
  [
    "the HTTP body",
    (error: GoverseError) => {
      const { status, body } = errorToJson(error);
      return errorFromJson(status, JSON.parse(JSON.stringify(body)));
    },
  ],
])("%s", (_name, roundTrip) => {
  test.each(ERROR_CODES)("carries %s", (code) => {
    const error = new GoverseError(code, "ünïcödé €");
    expect(parts(roundTrip(error) ?? new GoverseError("INTERNAL", "lost"))).toEqual(parts(error));
  });

  test("carries every detail", () => {
    const error = new GoverseError("DECLARED", "muted", details);
    expect(parts(roundTrip(error) ?? new GoverseError("INTERNAL", "lost"))).toEqual(parts(error));
  });

  test("carries a declared failure without data", () => {
    const error = new GoverseError("DECLARED", "muted", { declared: { name: "Muted", data: undefined } });
    expect(roundTrip(error)?.details.declared).toEqual({ name: "Muted", data: undefined });
  });

  test("leaves the cause at home", () => {
    const error = new GoverseError("INTERNAL", "internal error", {}, { cause: new Error("secret") });
    expect(JSON.stringify(roundTrip(error))).not.toContain("secret");
    expect(roundTrip(error)?.cause).toBeUndefined();
  });
});

describe("the gRPC trailer", () => {
  test("is a google.rpc.Status: code 1, message 2, details 3 of Any", () => {
    const status = fromBinary(ErrorStatusSchema, encodeErrorStatus(new GoverseError("NOT_OWNER", "moved")));
    expect(status).toMatchObject({ code: grpcStatusOf("NOT_OWNER"), message: "moved" });
    expect(status.details.map(({ typeUrl }) => typeUrl)).toEqual(["type.googleapis.com/goverse.ErrorDetail"]);
    expect(
      Buffer.from(toBinary(ErrorStatusSchema, create(ErrorStatusSchema, { code: 5, message: "a" }))).toString("hex"),
    ).toBe("0805120161");
  });

  test("stays short enough for every peer: a declared failure with too much data becomes INTERNAL", () => {
    const data = "x".repeat(10_000);
    const error = new GoverseError("DECLARED", "muted", { callId: "c", declared: { name: "Muted", data } });
    const bytes = encodeErrorStatus(error);
    expect(bytes.length).toBeLessThan(6 * 1024);
    expect(decodeErrorStatus(bytes)).toMatchObject({ code: "INTERNAL", details: { callId: "c" } });
  });

  test("with a code of a newer version does not claim that nothing ran", () => {
    const detail = toBinary(ErrorDetailSchema, create(ErrorDetailSchema, { code: "FROM_THE_FUTURE" }));
    const status = create(ErrorStatusSchema, {
      code: 14,
      message: "m",
      details: [{ typeUrl: "type.googleapis.com/goverse.ErrorDetail", value: detail }],
    });
    expect(decodeErrorStatus(toBinary(ErrorStatusSchema, status))?.code).toBe("UNKNOWN_OUTCOME");
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["garbage", new Uint8Array([255, 255, 255])],
    [
      "details of somebody else",
      toBinary(ErrorStatusSchema, create(ErrorStatusSchema, { details: [{ typeUrl: "x" }] })),
    ],
  ])("of %s is none of ours", (_name, bytes) => {
    expect(decodeErrorStatus(bytes)).toBeUndefined();
  });

  test("refuses __proto__ in the data of a declared failure", () => {
    const detail = create(ErrorDetailSchema, {
      code: "DECLARED",
      declaredName: "Muted",
      declaredData: '{"a":[{"__proto__":{"admin":true}}]}',
    });
    const status = create(ErrorStatusSchema, {
      details: [{ typeUrl: "type.googleapis.com/goverse.ErrorDetail", value: toBinary(ErrorDetailSchema, detail) }],
    });
    expect(decodeErrorStatus(toBinary(ErrorStatusSchema, status))).toBeUndefined();
  });
});

describe("an HTTP answer that is not ours", () => {
  test.each([
    [502, "<html>Bad Gateway</html>", "UNKNOWN_OUTCOME"],
    [503, undefined, "UNKNOWN_OUTCOME"],
    [404, { error: "no such route" }, "NOT_FOUND"],
    [500, { error: "x", code: "FROM_THE_FUTURE" }, "UNKNOWN_OUTCOME"],
    [400, ["a"], "INVALID_ARGUMENT"],
  ])("%i %j is %s", (status, body, code) => {
    const error = errorFromJson(status, body, "c-1");
    expect(error).toMatchObject({ code, details: { callId: "c-1" } });
    expect(error.message).toContain(String(status));
  });

  test("keeps only details of the right type, and a bounded message", () => {
    const body = {
      error: "x".repeat(100_000),
      code: "NOT_OWNER",
      details: {
        owner: 7,
        field: "f",
        path: Array.from({ length: 1000 }, () => "p"),
        declared: "d",
        retryAfterMs: -1,
        x: 1,
      },
    };
    const error = errorFromJson(503, body);
    expect(error.details).toEqual({ field: "f", path: Array.from({ length: 64 }, () => "p") });
    expect(error.message.length).toBeLessThan(2000);
  });
});
