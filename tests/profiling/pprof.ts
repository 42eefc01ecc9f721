import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";

/** What `go tool pprof` printed. */
export interface PprofOutput {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** `go tool pprof`, with a folder of its own for what it saves. */
export interface PprofTool {
  /** Ends in time or is ended. */
  run(args: readonly string[], input?: string): Promise<PprofOutput>;
  /** Resolves to the output, or rejects with what it said. */
  output(...args: readonly string[]): Promise<string>;
  remove(): void;
}

/** Above every duration that a suite asks for, and enough for Go to build the tool when it is first used. */
const TIMEOUT_MS = 150_000;

/** @param go path of the `go` command */
export function createPprofTool(go: string): PprofTool {
  const folder = mkdtempSync(join(tmpdir(), "goverse-pprof-"));
  const run: PprofTool["run"] = (args, input = "") =>
    new Promise((resolve, reject) => {
      const child = spawn(go, ["tool", "pprof", ...args], {
        cwd: folder,
        env: { ...process.env, PPROF_TMPDIR: folder },
        timeout: TIMEOUT_MS,
      });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.once("error", reject);
      child.once("close", (status) => {
        resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
      });
      child.stdin.end(input);
    });
  return {
    run,
    output: async (...args) => {
      const { status, out, err } = await run(args);
      if (status !== 0) throw new Error(`go tool pprof ${args.join(" ")} ended with ${status}:\n${err}`);
      return out;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
