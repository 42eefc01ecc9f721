// The last line of a CI run: what all suites came to, the longer ones included.
import { resultFiles } from "./test-results.ts";
import { addUpResults, closingLine } from "./test-totals.ts";

const suites = (["test", "test:packaging"] as const).map((script) => ({
  script,
  totals: addUpResults(resultFiles(script)),
}));
const missing = suites.flatMap(({ script, totals }) => totals.missing.map((member) => `${script} of ${member}`));
if (missing.length > 0) console.log(`without results: ${missing.join(", ")}`);
console.log(
  closingLine({
    passed: suites.reduce((sum, { totals }) => sum + totals.passed, 0),
    failed: suites.reduce((sum, { totals }) => sum + totals.failed, 0),
    notRun: suites.reduce((sum, { totals }) => sum + totals.notRun, 0),
    missing,
  }),
);
