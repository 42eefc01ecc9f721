import { pathToFileURL } from "node:url";
import type { Benchmark } from "./suite/benchmark.ts";

const { benchmark } = (await import(pathToFileURL(process.argv[2] ?? "").href)) as { benchmark: Benchmark };
const { title, about, boundBy } = benchmark;
const rows = await benchmark.run();
process.send?.({ title, about, boundBy, rows });
if (process.send === undefined) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
process.exit();
