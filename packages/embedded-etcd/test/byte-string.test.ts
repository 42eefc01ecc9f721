import { expect, test } from "vitest";
import { byteStringToBytes, bytesToByteString, prefixEnd } from "../src/index.ts";

test("every byte survives the way there and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(byteStringToBytes(bytesToByteString(bytes))).toEqual(bytes);
});

test.each([
  ["a/", "a0"],
  ["a\u00ff", "b"],
  ["\u00ff\u00ff", "\0"],
  ["", "\0"],
])("the keys that start with %j end before %j", (prefix, end) => {
  expect(prefixEnd(prefix)).toBe(end);
});
