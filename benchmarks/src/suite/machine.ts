import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** What a result depends on beside the code: a line for each. Other people's figures are compared by their ratios. */
export function machine(): readonly string[] {
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const load = loadavg().map((value) => value.toFixed(1));
  return [
    `Node.js ${process.version}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`,
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown processor"}, ${gib} GiB`,
    `load average when it began: ${load.join(", ")}`,
    ["nact", "prom-client", "zod"].map((name) => `${name} ${versionOf(name)}`).join(", "),
  ];
}

function versionOf(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
