// `pnpm test`: every test of every member through turbo, then one plain line that says how many passed and failed.
// Arguments are turbo's: `pnpm test --filter @goverse/core`.
import { rmSync } from "node:fs";
import { elapsed, run } from "./run.ts";
import { resultFiles } from "./test-results.ts";
import { addUpResults, closingLine } from "./test-totals.ts";

const startedAtMs = performance.now();
const turboArgs = process.argv.slice(2);
const files = resultFiles("test");
for (const file of files.values()) rmSync(file, { force: true });

// All suites run, also after a failure: a report of one failure at a time costs a run for each.
const { status } = await run("turbo", ["run", "test", "--continue", "--log-order=grouped", ...turboArgs]);
const totals = addUpResults(files);
if (totals.missing.length > 0 && turboArgs.length === 0) {
  console.log(`without results: ${totals.missing.join(", ")}`);
}
console.log(`tests took ${elapsed(startedAtMs)}`);
console.log(closingLine(totals));
const complete = totals.missing.length === 0 || turboArgs.length > 0;
process.exitCode = status !== 0 || totals.failed > 0 || !complete ? 1 : 0;
