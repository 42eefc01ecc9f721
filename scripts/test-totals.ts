import { existsSync, readFileSync } from "node:fs";

/** What the suites of a run came to. */
export interface TestTotals {
  readonly passed: number;
  readonly failed: number;
  /** Tests that exist but did not run: skipped, or waiting to be written. */
  readonly notRun: number;
  /** Members whose suite left no results: it crashed, or it was not reached. */
  readonly missing: readonly string[];
}

interface ResultsFile {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** Adds up results as vitest's JSON reporter writes them, one file for each member. */
export function addUpResults(files: ReadonlyMap<string, string>): TestTotals {
  let passed = 0;
  let failed = 0;
  let notRun = 0;
  const missing: string[] = [];
  for (const [member, file] of files) {
    if (!existsSync(file)) {
      missing.push(member);
      continue;
    }
    const results = JSON.parse(readFileSync(file, "utf8")) as ResultsFile;
    // A file that does not even load has no tests to count: it counts as one failure.
    const unloaded = results.testResults.filter((one) => one.status === "failed" && one.assertionResults.length === 0);
    passed += results.numPassedTests;
    failed += results.numFailedTests + unloaded.length;
    notRun += results.numPendingTests + results.numTodoTests;
  }
  return { passed, failed, notRun, missing };
}

/** The plain closing line of a run: `12 passed, 0 failed`. */
export function closingLine(totals: TestTotals): string {
  const notRun = totals.notRun === 0 ? "" : `, ${totals.notRun} not run`;
  return `${totals.passed} passed, ${totals.failed} failed${notRun}`;
}
