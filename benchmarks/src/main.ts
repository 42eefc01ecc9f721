/*
 * Runs every benchmark of this folder, each in a process of its own, and prints a table for each.
 *
 *   pnpm bench                  all of them
 *   pnpm bench --only scrape    those whose file name contains a word
 *   pnpm bench --write          all, and writes the tables into docs/benchmarks.md
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "./suite/machine.ts";
import { document, table } from "./suite/report.ts";
import { runInProcess } from "./suite/run-in-process.ts";

const { values: options } = parseArgs({ options: { only: { type: "string" }, write: { type: "boolean" } } });
const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder)
  .filter((file) => file.endsWith(".bench.ts") && file.includes(options.only ?? ""))
  .sort();
if (files.length === 0) throw new Error(`no benchmark's file name contains "${options.only}"`);
if (options.write === true && options.only !== undefined) {
  throw new Error("--write takes all benchmarks: leave out --only");
}

const before = machine();
process.stdout.write(`${before.join("\n")}\n`);
const reports = [];
for (const file of files) {
  const report = await runInProcess(join(folder, file));
  process.stdout.write(`\n${report.title}\n${table(report.rows)}\n`);
  reports.push(report);
}
if (options.write === true) {
  const path = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));
  writeFileSync(path, document(reports, before));
  process.stdout.write(`\nwritten into ${path}\n`);
}
