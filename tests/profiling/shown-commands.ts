import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/program.ts";

/** The address that the document uses for a service with profiles. */
const SHOWN_ADDRESS = /(http:\/\/)(?:localhost|127\.0\.0\.1):8080\b/g;
/** Long enough to record something. */
const SECONDS = 1;

/** Every `go tool pprof` and `curl` that the guide shows, without comments, in order. */
export function findShownCommands(): readonly string[] {
  const text = readFileSync(join(ROOT, "docs/profiling.md"), "utf8");
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => /^(?:go tool pprof|curl) /.test(line));
}

/** The command for the service at `host`, with recordings cut to a second. */
export function aimAt(command: string, host: string): string {
  return command
    .replaceAll(SHOWN_ADDRESS, `$1${host}`)
    .replaceAll(/seconds=\d+/g, `seconds=${SECONDS}`)
    .replaceAll(/\/(profile|trace)(?=["'\s]|$)/g, `/$1?seconds=${SECONDS}`);
}
