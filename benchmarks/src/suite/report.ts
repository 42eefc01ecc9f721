import type { Row } from "./benchmark.ts";
import type { Report } from "./run-in-process.ts";

const COLUMNS = ["", "median", "lowest to highest", "× baseline", "goal"];

/** The rows in columns, as a Markdown table that is read well on a terminal too. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${format(row.median)} ${row.unit}`,
    `${format(row.low)} to ${format(row.high)}`,
    row.ratio === undefined ? "baseline" : row.ratio.toFixed(2),
    row.goal ?? "",
  ]);
  const widths = COLUMNS.map((title, column) =>
    Math.max(3, ...[title, ...lines.map((line) => line[column] ?? "")].map((text) => text.length)),
  );
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => (column === 0 || column === 4 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 || column === 4 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [render(COLUMNS), rule, ...lines.map(render)].join("\n");
}

/** The whole of `docs/benchmarks.md`. */
export function document(reports: readonly Report[], machineLines: readonly string[]): string {
  const sections = reports.map(
    ({ title, about, boundBy, rows }) => `## ${title}\n\n${about}\n\n${table(rows)}\n\nWhat bounds it: ${boundBy}.\n`,
  );
  return `${HEADER}\n${machineLines.map((line) => `- ${line}`).join("\n")}\n\n${sections.join("\n")}`;
}

const HEADER = `# Benchmarks

Everything below was written by a run on one machine. Run it on yours:

\`\`\`bash
npx --yes pnpm --filter @goverse/benchmarks bench
npx --yes pnpm --filter @goverse/benchmarks bench --only scrape   # one of them
npx --yes pnpm --filter @goverse/benchmarks bench --write         # writes this page
\`\`\`

Compare ratios, not times: candidates and their baseline take turns, round after round, in one process, so that a busy machine slows
all of them; a ratio is the median of the quotients within each round. The first round warms up and does not count. Every operation
is checked to have been carried out. Times are CPU time with the garbage collector's share unless a table says otherwise. The first
row of a table, and every row marked so, is a baseline.

The machine:
`;

function format(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(Math.abs(value) < 1 ? 2 : 3);
}
