import { spawn } from "node:child_process";
import { rootFolder } from "./workspace.ts";

/** How a program ended. */
export interface Ended {
  /** Exit status; 1 when a signal ended it. */
  readonly status: number;
  /** Standard output and standard error in the order of arrival; empty when they were inherited. */
  readonly output: string;
}

/** Options of {@link run}. */
export interface RunOptions {
  /** Working directory. Default: the root of the repository. */
  readonly cwd?: string;
  /** `inherit` shows the output as it comes; `capture` returns it. Default: `inherit`. */
  readonly output?: "inherit" | "capture";
}

/** Runs a program to its end without standard input. Rejects only when it cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const stdio = options.output === "capture" ? "pipe" : "inherit";
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd ?? rootFolder, stdio: ["ignore", stdio, stdio] });
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/** Seconds since `startedAtMs`, for people: `12.3 s`. */
export function elapsed(startedAtMs: number): string {
  return `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
}
