// The dependency audit: known vulnerabilities of severity high or above in what we publish fail the check.
// Where the registry has no audit service (a mirror, no network), one line says that it was not run.
import { auditOutcome } from "./audit-outcome.ts";
import { run } from "./run.ts";

const { status, output } = await run("pnpm", ["audit", "--prod", "--audit-level", "high"], { output: "capture" });
const outcome = auditOutcome(status, output);
if (outcome.kind === "not-run") {
  console.log(`dependency audit: not run, ${outcome.reason}`);
} else {
  console.log(output.trim());
  process.exitCode = outcome.kind === "clean" ? 0 : 1;
}
