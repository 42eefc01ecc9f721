import { describe, expect, test } from "vitest";
import { originAllowed } from "../src/http/cors.ts";
import { guardRequest } from "../src/http/request-guard.ts";

const HOST = ["Host", "localhost:8080"];

describe("the guard of requests", () => {
  test.each([
    "/",
    "/api/v1/call/ChatRoom/general/Join",
    "/api/v1/call/ChatRoom/shard%237%2Fx/Join?trace=1",
    "/api/v1/call/T/%E6%97%A5%E6%9C%AC/M",
    "/api/v1/call/T/%252e%252e/M",
    "/a..b/.hidden",
  ])("lets %s pass", (url) => {
    expect(() => guardRequest({ rawHeaders: HOST, url })).not.toThrow();
  });

  test.each([
    ["an absolute target", "http://elsewhere/metrics"],
    ["an asterisk", "*"],
    ["dots", "/a/../b"],
    ["a dot", "/./b"],
    ["trailing dots", "/api/.."],
    ["encoded dots", "/a/%2e%2E/b"],
    ["dots behind an encoded slash", "/static/x%2f..%2fsecret"],
    ["dots behind an encoded backslash", "/static/x%5c..%5csecret"],
    ["a backslash", "/a\\b"],
    ["a raw control character", "/a\u0001b"],
    ["an encoded control character", "/api/v1/call/T/a%0Ab/M"],
    ["an encoded NUL", "/a%00b"],
    ["raw bytes beyond ASCII", "/caf\u00e9"],
    ["broken percent-encoding", "/a%zz"],
    ["percent-encoding that is not UTF-8", "/a%ff"],
  ])("refuses %s", (_name, url) => {
    expect(() => guardRequest({ rawHeaders: HOST, url })).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("refuses a path that is too long", () => {
    const url = `/${"a".repeat(2_048)}`;
    expect(() => guardRequest({ rawHeaders: HOST, url })).toThrow(expect.objectContaining({ status: 414 }));
  });

  test.each([
    ["no Host", []],
    ["two Hosts", [...HOST, "host", "evil"]],
  ])("refuses %s", (_name, rawHeaders) => {
    expect(() => guardRequest({ rawHeaders, url: "/" })).toThrow(/exactly one Host/);
  });
});

describe("the origins that may use a gate", () => {
  test.each([
    ["a program", undefined, true],
    ["the gate's own page", "http://gate:8080", true],
    ["a listed page", "https://chat.example", true],
    ["another page", "https://evil.example", false],
    ["another port", "http://gate:8081", false],
    ["a page without an origin", "null", false],
    ["nonsense", "http://", false],
  ])("%s", (_name, origin, allowed) => {
    expect(originAllowed(origin, "gate:8080", ["https://chat.example"])).toBe(allowed);
  });

  test("an asterisk allows everybody", () => {
    expect(originAllowed("https://any.example", "gate:8080", ["*"])).toBe(true);
  });
});
