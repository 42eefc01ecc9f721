import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatOwner, formatShardValue, parseOwner, parseShardValue } from "../../src/shard/shard-value.ts";

describe("the value of a shard's key", () => {
  test.each([
    ["a:1,a:1", "a:1", "a:1", []],
    ["a:1,", "a:1", undefined, []],
    ["a:1", "a:1", undefined, []],
    [",b:2", undefined, "b:2", []],
    ["", undefined, undefined, []],
    [",", undefined, undefined, []],
    ["a:1,b:2,f=pinned", "a:1", "b:2", ["pinned"]],
    ["a:1,b:2,f=pinned,f=x=y", "a:1", "b:2", ["pinned", "x=y"]],
    [" a:1 , b:2 , f=pinned ", "a:1", "b:2", ["pinned"]],
    ["f=pinned,a:1,b:2", "a:1", "b:2", ["pinned"]],
    ["a:1,b:2,c:3,f=", "a:1", "b:2", []],
  ])("%j is read", (text, target, current, flags) => {
    expect(parseShardValue(text)).toEqual({ target, current, flags });
  });

  test("what is written is read back, flags included", () => {
    const address = fc.option(fc.constantFrom("a:1", "[::1]:2", "host.example:65535"), { nil: undefined });
    const flags = fc.array(fc.constantFrom("pinned", "x=y", "später"), { maxLength: 3 });
    const value = fc.record({ target: address, current: address, flags });
    fc.assert(
      fc.property(value, (value) => {
        const typed = value as ReturnType<typeof parseShardValue>;
        expect(parseShardValue(formatShardValue(typed))).toEqual(value);
        expect(formatShardValue(typed)).toContain(",");
      }),
    );
  });
});

describe("the value of an epoch's key", () => {
  test("is read back as written", () => {
    const owner = parseOwner("localhost:47000,12");
    expect(owner).toEqual({ address: "localhost:47000", incarnation: 12 });
    expect(owner && formatOwner(owner)).toBe("localhost:47000,12");
  });

  test.each(["", "a:1", "a:1,", ",3", "a:1,0", "a:1,-3", "a:1,3,4", "a:1, 3", "a:1,3x"])(
    "%j proves nobody's ownership",
    (text) => {
      expect(parseOwner(text)).toBeUndefined();
    },
  );
});
