import { describe, expect, test } from "vitest";
import { API_VERBS, callPath, objectPath, parseApiPath, parseCallId, parseTimeoutHeader } from "../src/index.ts";

const ids = ["general", "shard#7/x", "localhost:47000/x", "a b", "日本語", "100%", "a%2Fb", "a?b=c&d", "..a", "~!*'()"];

describe("paths", () => {
  test.each(ids)("an id is one segment, encoded and decoded once: %s", (id) => {
    expect(parseApiPath(callPath("Room", id, "Say"))).toEqual({ kind: "call", type: "Room", id, method: "Say" });
    expect(parseApiPath(objectPath("Room", id))).toEqual({ kind: "object", type: "Room", id });
    // What a URL parser does to it on the way changes nothing.
    expect(new URL(callPath("Room", id, "Say"), "http://gate").pathname).toBe(callPath("Room", id, "Say"));
  });

  test("look as documented", () => {
    expect(callPath("ChatRoom", "general", "SendMessage")).toBe("/api/v1/call/ChatRoom/general/SendMessage");
    expect(objectPath("ChatRoom", "shard#7/x")).toBe("/api/v1/objects/ChatRoom/shard%237%2Fx");
    expect(parseApiPath("/api/v1/events")).toEqual({ kind: "events" });
    expect(API_VERBS).toEqual({ call: ["POST"], object: ["PUT", "DELETE"], events: ["GET"] });
  });

  test.each(["", ".", ".."])("an id that URL parsers would resolve away is refused by the builder: %j", (id) => {
    expect(() => callPath("Room", id, "Say")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("a lone surrogate is refused by the builder", () => {
    expect(() => objectPath("Room", "\ud800")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test.each(["/", "/metrics", "/api/v1", "/api/v1/eventsource", "/api/v2/call/a/b/c", "/API/v1/events"])(
    "%s is no path of the client API",
    (path) => {
      expect(parseApiPath(path)).toBeUndefined();
    },
  );

  test.each([
    "/api/v1/call/Room/a",
    "/api/v1/call/Room/a/Say/more",
    "/api/v1/call/Room//Say",
    "/api/v1/call/Room/%ff/Say",
    "/api/v1/call/Room/%/Say",
    "/api/v1/objects/Room",
    "/api/v1/objects/Room/a/b",
    "/api/v1/objects/Room/",
  ])("%s is refused with the right form", (path) => {
    expect(() => parseApiPath(path)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("headers", () => {
  test("the timeout is a whole number of milliseconds", () => {
    expect(parseTimeoutHeader("1500")).toBe(1500);
    expect(parseTimeoutHeader(undefined)).toBeUndefined();
    for (const wrong of ["", "0", "-1", "1.5", "1e3", "10000000000", " 1", "abc"]) {
      expect(() => parseTimeoutHeader(wrong)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });

  test("a call id is short and printable", () => {
    expect(parseCallId("0198c7c2-aaaa-7bbb-8ccc-1234567890ab")).toBe("0198c7c2-aaaa-7bbb-8ccc-1234567890ab");
    expect(parseCallId(undefined)).toBeUndefined();
    expect(parseCallId("")).toBeUndefined();
    for (const wrong of ["a b", "a\nb", "ü", "x".repeat(101)]) {
      expect(() => parseCallId(wrong)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});
