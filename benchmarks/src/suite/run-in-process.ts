import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Benchmark, Row } from "./benchmark.ts";

/** What a benchmark found. */
export interface Report extends Pick<Benchmark, "title" | "about" | "boundBy"> {
  readonly rows: readonly Row[];
}

/** Runs the benchmark that the module `file` exports in a process of its own. Rejects when it fails. */
export function runInProcess(file: string): Promise<Report> {
  const child = fork(fileURLToPath(new URL("../run-one.ts", import.meta.url)), [file], {
    execArgv: [...process.execArgv, "--expose-gc"],
  });
  return new Promise((resolve, reject) => {
    let report: Report | undefined;
    child.once("message", (message) => {
      report = message as Report;
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (report === undefined) reject(new Error(`${file} ended with code ${code} and without a result`));
      else resolve(report);
    });
  });
}
