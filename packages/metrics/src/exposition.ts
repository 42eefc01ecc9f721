import { openMetricsFamilyName, sampleNames } from "./catalogue.ts";
import type { FamilySamples, RegistryMetric, Sample } from "./family.ts";
import { MetricFamily } from "./family.ts";
import { COLLECT_TIMEOUT_MS } from "./limits.ts";
import { escapeHelp, type ExpositionFormat, formatValue, labelPairs, linePrefix, TextSink } from "./text.ts";

/** How the writer meets the outside. */
export interface WriteOptions {
  readonly format: ExpositionFormat;
  /** Lets other work of the process run. */
  readonly pause: () => Promise<void>;
  /** A metric could not be read; it is left out of this scrape. */
  readonly onError: (metric: string, error: unknown) => void;
}

/** Whether `names` (family or sample names; `undefined` is everything) asks for this metric. */
export function isSelected(
  metric: Pick<RegistryMetric, "name" | "type">,
  names: ReadonlySet<string> | undefined,
): boolean {
  if (names === undefined) return true;
  const type = metric.type === "counter" || metric.type === "histogram" ? metric.type : "gauge";
  return names.has(metric.name) || sampleNames({ name: metric.name, type }).some((name) => names.has(name));
}

/** Writes metrics as text. Each one whole or not at all: what fails half-way is taken back. */
export async function writeExposition(
  metrics: readonly RegistryMetric[],
  { format, pause, onError }: WriteOptions,
): Promise<readonly string[]> {
  const sink = new TextSink();
  const foreign = startForeign(metrics);
  try {
    let written = 0;
    for (const metric of metrics) {
      const mark = sink.mark();
      try {
        // The text format reads better with a blank line between metrics, as in the document; OpenMetrics forbids it.
        if (format === "text" && written > 0) sink.line("");
        writeHeader(sink, metric, format);
        const steps =
          metric instanceof MetricFamily ? metric.render(sink) : renderForeign(sink, await foreign.of(metric), format);
        for (const _ of steps) await pause();
        written += 1;
      } catch (error) {
        sink.rollback(mark);
        onError(metric.name, error);
      }
    }
  } finally {
    foreign.stop();
  }
  if (format === "openmetrics") sink.line("# EOF");
  return sink.finish();
}

function writeHeader(sink: TextSink, metric: RegistryMetric, format: ExpositionFormat): void {
  const name = format === "openmetrics" ? openMetricsFamilyName(metric.name, metric.type) : metric.name;
  sink.line(`# HELP ${name} ${escapeHelp(metric.help, format)}`);
  sink.line(`# TYPE ${name} ${metric.type}`);
}

/** Metrics that are prom-client's own: those of Node.js, and what users register. */
function* renderForeign(sink: TextSink, family: FamilySamples, format: ExpositionFormat): Iterable<void> {
  const suffix =
    format === "openmetrics" && family.type === "counter" && !family.name.endsWith("_total") ? "_total" : "";
  for (const sample of family.values) {
    sink.line(foreignLine(sample, family.name + suffix));
    if (sink.takePause()) yield;
  }
}

function foreignLine({ labels, value, metricName }: Sample, name: string): string {
  // `le` last, as everybody prints it.
  const names = Object.keys(labels).sort((a, b) => Number(a === "le") - Number(b === "le"));
  const pairs = labelPairs(
    names,
    names.map((label) => labelText(labels[label])),
  );
  return linePrefix(metricName ?? name, pairs) + formatValue(value);
}

function labelText(value: string | number | undefined): string {
  return typeof value === "number" ? formatValue(value) : (value ?? "");
}

interface ForeignReads {
  of(metric: RegistryMetric): Promise<FamilySamples>;
  stop(): void;
}

/**
 * Starts reading every metric that is not ours, all at once and in their order, because some of Node.js fill others. One that never
 * answers must not hold the scrape, and with it all later ones, for ever.
 */
function startForeign(metrics: readonly RegistryMetric[]): ForeignReads {
  const reads = new Map<RegistryMetric, Promise<FamilySamples>>();
  for (const metric of metrics) {
    if (metric instanceof MetricFamily) continue;
    const read = (async () => metric.get())();
    read.catch(() => {});
    reads.set(metric, read);
  }
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    if (reads.size === 0) return;
    const late = new Error(`a collector did not answer within ${COLLECT_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(late), COLLECT_TIMEOUT_MS);
  });
  deadline.catch(() => {});
  return {
    of: (metric) => Promise.race([reads.get(metric) ?? deadline, deadline]),
    stop: () => clearTimeout(timer),
  };
}
