import { expect, test } from "vitest";
import { parseRepeatable } from "../src/repeatable.ts";

test("only a caller who says so allows its request to be repeated", () => {
  expect([undefined, "false", "true"].map(parseRepeatable)).toEqual([false, false, true]);
  expect(() => parseRepeatable("yes")).toThrow(/write true/);
});
