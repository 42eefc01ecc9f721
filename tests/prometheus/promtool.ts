import { spawnSync } from "node:child_process";

/**
 * Whether Prometheus's `promtool` is installed. Without it the suite says in one line what was not run; with
 * `GOVERSE_REQUIRE_TOOLS=1` its absence is a failure.
 */
export function hasPromtool(): boolean {
  const found = spawnSync("promtool", ["--version"]).status === 0;
  if (found) return true;
  if (process.env["GOVERSE_REQUIRE_TOOLS"] === "1") throw new Error("promtool is required here and not installed");
  console.warn("not run: the checks of /metrics by promtool (install Prometheus to run them)");
  return false;
}
