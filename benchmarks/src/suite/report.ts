import type { Row } from "./benchmark.ts";
import type { Report } from "./run-in-process.ts";

/** A column of a table; `alignment` as Markdown has it. */
interface Column {
  readonly title: string;
  readonly alignment: "left" | "right";
  readonly textOf: (row: Row) => string;
}

const FIGURES: readonly Column[] = [
  { title: "", alignment: "left", textOf: ({ name }) => name },
  { title: "median", alignment: "right", textOf: ({ median, unit }) => `${format(median)} ${unit}` },
  { title: "lowest to highest", alignment: "right", textOf: ({ low, high }) => `${format(low)} to ${format(high)}` },
];
const COMPARISON: readonly Column[] = [
  {
    title: "× baseline",
    alignment: "right",
    textOf: ({ ratio }) => (ratio === undefined ? "baseline" : formatRatio(ratio)),
  },
  { title: "goal", alignment: "left", textOf: ({ goal }) => goal ?? "" },
];

/** The rows in columns, as a Markdown table that is read well on a terminal too. */
export function table(rows: readonly Row[]): string {
  const isCompared = rows.some(({ ratio }) => ratio !== undefined);
  const columns = (isCompared ? [...FIGURES, ...COMPARISON] : FIGURES).map((column) => {
    const texts = [column.title, ...rows.map((row) => column.textOf(row))];
    const width = Math.max(3, ...texts.map((text) => text.length));
    const isLeft = column.alignment === "left";
    const rule = isLeft ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
    const [title = "", ...cells] = texts.map((text) => (isLeft ? text.padEnd(width) : text.padStart(width)));
    return [title, rule, ...cells];
  });
  const lines = Array.from({ length: rows.length + 2 }, (_, line) => columns.map((cells) => cells[line] ?? ""));
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The whole of `docs/benchmarks.md`. */
export function document(reports: readonly Report[], machineLines: readonly string[]): string {
  const sections = reports.map(
    ({ title, about, boundBy, rows }) =>
      `## ${title}\n\n${about}\n\n${table(rows)}\n\nWhat bounds it: ${boundBy.replace(/\.$/, "")}.\n`,
  );
  return `${HEADER}\n${machineLines.map((line) => `- ${line}`).join("\n")}\n\n${sections.join("\n")}`;
}

const HEADER = `# Benchmarks

Everything below was written by a run on one machine. Run it on yours:

\`\`\`bash
npx --yes pnpm bench
npx --yes pnpm bench --only scrape   # one of them
npx --yes pnpm bench --write         # writes this page
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

/** Two digits behind the point, and two that mean something below a tenth. */
function formatRatio(ratio: number): string {
  return ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
}
