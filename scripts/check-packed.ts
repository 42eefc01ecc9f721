// `check-packed publint` or `check-packed attw`: checks the tarball of every published package as the registry would
// get it. Checking the folder instead would see the `@goverse/source` condition that only this repository has.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPublished } from "./pack.ts";
import { run } from "./run.ts";

const commands: Readonly<Record<string, (tarball: string) => readonly string[]>> = {
  publint: (tarball) => ["run", tarball, "--strict"],
  attw: (tarball) => [tarball, "--profile", "esm-only", "--format", "ascii"],
};

const tool = process.argv[2] ?? "";
const argsFor = Object.hasOwn(commands, tool) ? commands[tool] : undefined;
if (argsFor === undefined) {
  throw new Error(`check-packed ${tool}: the first argument must be one of ${Object.keys(commands).join(", ")}`);
}
const folder = mkdtempSync(join(tmpdir(), "goverse-pack-"));
try {
  for (const [name, tarball] of await packPublished(folder)) {
    const { status, output } = await run(tool, argsFor(tarball), { output: "capture" });
    console.log(`${status === 0 ? "ok    " : "FAILED"} ${tool} ${name}`);
    if (status !== 0) {
      console.log(output);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
