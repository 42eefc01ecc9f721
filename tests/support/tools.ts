import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Set to `1` where every program is installed: a missing one is then a failure instead of a line of output. */
const REQUIRE_TOOLS = "GOVERSE_REQUIRE_TOOLS";

/** Absolute path of an installed program, `undefined` when it is not on the `PATH`. */
export function findTool(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * The program a suite cannot do without. When it is missing, one line says what was not run and the result is `undefined`: the
 * suite then passes without it. With `GOVERSE_REQUIRE_TOOLS=1` that throws instead.
 *
 * @param notRun what the reader loses, as in "not run: …"
 */
export function requireTool(name: string, notRun: string): string | undefined {
  const path = findTool(name);
  if (path !== undefined) return path;
  if (process.env[REQUIRE_TOOLS] === "1") {
    throw new Error(`${name} is not installed, and ${REQUIRE_TOOLS}=1 makes that a failure: ${notRun} cannot run.`);
  }
  process.stdout.write(`not run: ${notRun} (${name} is not installed)\n`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
