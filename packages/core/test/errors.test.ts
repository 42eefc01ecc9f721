import { expect, test } from "vitest";
import { ERROR_CODES, GoverseError, invalidArgument, isErrorCode } from "../src/index.ts";

test("an unknown thrown value becomes INTERNAL and its text stays inside", () => {
  const error = GoverseError.from(new Error("password=hunter2"));
  expect(error.code).toBe("INTERNAL");
  expect(error.message).not.toContain("hunter2");
  expect(error.cause).toBeInstanceOf(Error);
});

test("an error of the system is kept as it is", () => {
  const error = new GoverseError("NOT_OWNER", "moved");
  expect(GoverseError.from(error)).toBe(error);
});

test("instanceof holds for an error made by another copy of the package, and for nothing else", () => {
  expect({ "~goverse": "error", code: "NOT_OWNER" } instanceof GoverseError).toBe(true);
  for (const other of [new Error("x"), {}, null, "error", undefined]) expect(other instanceof GoverseError).toBe(false);
});

test("only refusals before the start may be repeated blindly", () => {
  const safe = ERROR_CODES.filter((code) => new GoverseError(code, "").notStarted);
  expect(safe).toEqual(["NOT_OWNER", "UNAVAILABLE"]);
});

test("a refusal names field, value and remedy, and shortens a long value", () => {
  const error = invalidArgument("object id", "x".repeat(10_000), "shorten it");
  expect(error.message).toMatch(/^object id "x+…? ?.*is not valid: shorten it$/);
  expect(error.message.length).toBeLessThan(200);
});

test("codes are recognised by their text", () => {
  expect(isErrorCode("NOT_OWNER")).toBe(true);
  expect(isErrorCode("toString")).toBe(false);
});
