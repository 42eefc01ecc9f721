// The repository's own programs: what they decide, apart from running anything.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditOutcome } from "../../scripts/audit-outcome.ts";
import { addUpResults, closingLine } from "../../scripts/test-totals.ts";

describe("the closing line of a test run", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "goverse-totals-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const write = (name: string, results: object): readonly [string, string] => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ ...counts, ...results }));
    return [name, file];
  };

  test("adds up every member", () => {
    const files = new Map([write("a", { numPassedTests: 7, numFailedTests: 1 }), write("b", { numPassedTests: 5 })]);
    expect(closingLine(addUpResults(files))).toBe("12 passed, 1 failed");
  });

  test("counts a file that does not load as a failure", () => {
    const testResults = [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{}] },
    ];
    expect(addUpResults(new Map([write("a", { numFailedTests: 1, testResults })])).failed).toBe(2);
  });

  test("says what did not run", () => {
    const files = new Map([write("a", { numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 })]);
    expect(closingLine(addUpResults(files))).toBe("1 passed, 0 failed, 3 not run");
  });

  test("names the members that left no results", () => {
    expect(addUpResults(new Map([["a", join(folder, "nowhere")]])).missing).toEqual(["a"]);
  });
});

describe("the audit of dependencies", () => {
  test.each([
    [0, "No known vulnerabilities found", "clean"],
    [1, "1 vulnerabilities found\nSeverity: 1 high", "vulnerable"],
    [1, "something nobody has seen before", "vulnerable"],
    [1, "Error: ERR_PNPM_AUDIT_BAD_RESPONSE\n × The audit endpoint responded with 405:", "not-run"],
    [1, "FetchError: getaddrinfo ENOTFOUND example.com", "not-run"],
  ])("exit %i with %j is %s", (status, output, kind) => {
    expect(auditOutcome(status, output).kind).toBe(kind);
  });

  test("says what the service answered", () => {
    const output = "ERR_PNPM_AUDIT_BAD_RESPONSE endpoint responded with 405";
    expect(auditOutcome(1, output)).toMatchObject({ reason: "this registry has no audit service (it answered 405)" });
  });
});
