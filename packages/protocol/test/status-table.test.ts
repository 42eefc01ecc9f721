import { ERROR_CODES } from "@goverse/core";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { codeOfGrpcStatus, codeOfHttpStatus, grpcStatusOf, httpStatusOf, STATUS_TABLE } from "../src/index.ts";

describe("the status table", () => {
  test("has a row for every code and no other", () => {
    expect(Object.keys(STATUS_TABLE)).toEqual([...ERROR_CODES]);
  });

  test.each(ERROR_CODES)("%s has statuses that exist and that report a failure", (code) => {
    expect(status[grpcStatusOf(code)]).toBeDefined();
    expect(grpcStatusOf(code)).not.toBe(status.OK);
    expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
    expect(httpStatusOf(code)).toBeLessThan(600);
  });

  test("generic clients repeat only what did not start: UNAVAILABLE and 503", () => {
    const unavailable: number = status.UNAVAILABLE;
    const safe = ERROR_CODES.filter((code) => grpcStatusOf(code) === unavailable || httpStatusOf(code) === 503);
    expect(safe).toEqual(["NOT_OWNER", "UNAVAILABLE"]);
  });
});

describe("a status without our detail", () => {
  test("never claims that a call did not start", () => {
    const grpc = Array.from({ length: 20 }, (_, code) => codeOfGrpcStatus(code));
    const http = Array.from({ length: 700 }, (_, code) => codeOfHttpStatus(code));
    for (const code of [...grpc, ...http]) expect(["NOT_OWNER", "UNAVAILABLE"]).not.toContain(code);
  });

  test.each([
    [404, "NOT_FOUND"],
    [413, "PAYLOAD_TOO_LARGE"],
    [418, "INVALID_ARGUMENT"],
    [502, "UNKNOWN_OUTCOME"],
    [503, "UNKNOWN_OUTCOME"],
    [200, "UNKNOWN_OUTCOME"],
  ])("of HTTP %i is %s", (http, code) => {
    expect(codeOfHttpStatus(http)).toBe(code);
  });
});
