import { describe, expect, test } from "vitest";
import { DEFAULT_SHARD_COUNT, GoverseError, MAX_ID_BYTES, parseObjectId } from "../src/index.ts";

const parse = (text: string): unknown => parseObjectId(text, DEFAULT_SHARD_COUNT);

describe("an object id", () => {
  test.each([
    ["hashed", "hashed", { kind: "shard", shard: 1392 }, "user-12345"],
    ["pinned to a shard", "shard", { kind: "shard", shard: 7 }, "shard#7/general"],
    ["pinned to shard 0", "shard", { kind: "shard", shard: 0 }, "shard#0/a/b"],
    ["pinned to a node", "node", { kind: "node", address: "localhost:47000" }, "localhost:47000/room"],
    ["pinned to an IPv6 node", "node", { kind: "node", address: "[::1]:47000" }, "[::1]:47000/room"],
  ])("%s is parsed into its form and place", (_name, form, place, text) => {
    expect(parse(text)).toEqual({ text, form, place });
  });

  test("may be as long as the bound in UTF-8 bytes, and no longer", () => {
    expect(() => parse("é".repeat(MAX_ID_BYTES / 2))).not.toThrow();
    expect(() => parse("日".repeat(MAX_ID_BYTES / 3))).not.toThrow();
    expect(() => parse("🙂".repeat(Math.floor(MAX_ID_BYTES / 4)))).not.toThrow();
    expect(() => parse("日".repeat(MAX_ID_BYTES / 3 + 1))).toThrow(/at most 255 bytes/);
  });

  test.each([
    "",
    "a\u0000b",
    "line\nbreak",
    "\u007f",
    "\u009f",
    "half\ud800",
    "shard#-1/x",
    "shard#8192/x",
    "shard#5",
    "shard#5/",
    "shard#05/x",
    "shard#x/x",
    "/x",
    "host/x",
    "host:0/x",
    "host:70000/x",
    "host:80/",
    "../:80/x",
  ])("%j is refused with the field's name and the value", (text) => {
    expect(() => parse(text)).toThrow(GoverseError);
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { field: "object id" } }),
    );
  });
});
