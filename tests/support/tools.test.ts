import { afterEach, expect, test, vi } from "vitest";
import { findTool, requireTool } from "./tools.ts";

const MISSING = "no-such-program-anywhere";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("an installed program is found on the path", () => {
  expect(findTool("sh")).toMatch(/\/sh$/);
  expect(findTool(MISSING)).toBeUndefined();
});

test("a missing program costs one line", () => {
  vi.stubEnv("GOVERSE_REQUIRE_TOOLS", "");
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(requireTool(MISSING, "the suite")).toBeUndefined();
  expect(write.mock.calls).toEqual([[`not run: the suite (${MISSING} is not installed)\n`]]);
});

test("a missing program is a failure where programs are required", () => {
  vi.stubEnv("GOVERSE_REQUIRE_TOOLS", "1");
  expect(() => requireTool(MISSING, "the suite")).toThrow(`${MISSING} is not installed`);
});
