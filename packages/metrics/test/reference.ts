import { CATALOGUE, type MetricDefinition, type Stability } from "../src/index.ts";

/** How a reader says `name{labels}`. */
function signature({ name, labels }: MetricDefinition): string {
  return labels.length === 0 ? name : `${name}{${labels.join(", ")}}`;
}

/** One line for each metric with everything that others depend on: what a reviewer sees in a diff. */
export function goldenList(): string {
  const lines = CATALOGUE.map((definition) => {
    const { type, unit, scope, stability, roles, buckets } = definition;
    const scale = buckets === undefined ? [] : [`buckets ${buckets.join(" ")}`];
    return [signature(definition), type, unit || "-", scope, stability, roles.join("+"), ...scale].join(" | ");
  });
  return `${lines.join("\n")}\n`;
}

const PROMISES: readonly (readonly [stability: Stability, title: string, promise: string])[] = [
  [
    "contract",
    "The published nine",
    "Nothing about these changes, ever: dashboards and alerts of other people depend on every character.",
  ],
  ["stable", "Stable", "Labels may be added in a minor release; anything else needs a major one."],
  ["experimental", "Experimental", "These may change or go in any release."],
];

const HEAD = `# Metrics

<!-- Generated from packages/metrics/src by \`pnpm docs:metrics\`. A test fails when it is stale. -->

Every metric of GoVerse, as its catalogue describes it. Beside these, each process exports the metrics of Node.js itself (\`process_…\`,
\`nodejs_…\`).

\`\`\`bash
curl -s http://localhost:9090/metrics | grep goverse_shards
npx --yes pnpm docs:metrics  # writes this page and the golden list anew
\`\`\`

- A process exports its own facts, with its own address as \`node\`: **sum over processes** is true for all metrics of scope *process*. Those of
  scope *cluster* say the same everywhere: take the \`max\`.
- Counters exist at 0 before their first event. Gauges are read from the real structures when Prometheus asks.
- Labels are bounded: unknown types and methods are \`_unknown\`, and each metric has a limit of series per process. What it refuses is counted in
  \`goverse_metrics_series_refused_total\`.
- Queries, alerts, recording rules and scrape configurations are in [ops/prometheus](../ops/prometheus), what to do about an alert in the
  [runbooks](runbooks/README.md).
`;

/** The page `docs/metrics.md`. */
export function referencePage(): string {
  const sections = PROMISES.map(([stability, title, promise]) => {
    const entries = CATALOGUE.filter((definition) => definition.stability === stability).map(entry);
    return `## ${title}\n\n${promise}\n\n${entries.join("\n")}`;
  });
  return [HEAD, ...sections].join("\n");
}

function entry(definition: MetricDefinition): string {
  const { name, type, help, labels, buckets, unit, scope, roles, maxSeries, howToRead } = definition;
  const facts = [
    `**${type}**${unit === "" ? "" : ` of ${unit}`}`,
    `scope ${scope}`,
    `from ${roles.map((role) => `${role}s`).join(" and ")}`,
    ...(labels.length === 0 ? ["no labels"] : [`labels ${labels.map((label) => `\`${label}\``).join(", ")}`]),
    ...(buckets === undefined ? [] : [`buckets ${buckets.join(", ")}`]),
    `at most ${maxSeries.toLocaleString("en-US")} series`,
  ];
  return `### \`${name}\`\n\n${help}.\n\n${facts.join("; ")}.\n\n${howToRead}\n`;
}
