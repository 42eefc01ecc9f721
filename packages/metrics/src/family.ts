import type { MetricDefinition } from "./definition.ts";
import type { TextSink } from "./text.ts";

/** One sample in the shape that prom-client's registry and its cluster aggregation read. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Differs from the family's name for the parts of a histogram. */
  readonly metricName?: string;
}

/** What `get()` answers. */
export interface FamilySamples {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly Sample[];
}

/** What a registry of prom-client needs from a metric: the whole interface between our cells and that library. */
export interface RegistryMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  get(): FamilySamples | Promise<FamilySamples>;
  reset(): void;
}

/** Told when a series is refused because its metric is full. */
export type OnRefused = (metric: string) => void;

/** A metric of the catalogue: writes itself quickly, and answers prom-client when that asks. */
export abstract class MetricFamily implements RegistryMetric {
  readonly definition: MetricDefinition;
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly #onRefused: OnRefused;

  constructor(definition: MetricDefinition, onRefused: OnRefused) {
    this.definition = definition;
    this.name = definition.name;
    this.help = definition.help;
    this.type = definition.type;
    // Merging workers of one process: what each process counts for itself adds up, what all say alike does not.
    this.aggregator = definition.scope === "cluster" ? "max" : "sum";
    this.#onRefused = onRefused;
  }

  /** Writes the samples, yielding wherever the writer may let other work run. */
  abstract render(sink: TextSink): Iterable<void>;

  /** All samples at once, for prom-client. */
  abstract samples(): Sample[];

  abstract reset(): void;

  get(): FamilySamples {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.samples() };
  }

  /** Counts a series that found no room. */
  protected refuse(): void {
    this.#onRefused(this.name);
  }

  /** Labels as prom-client wants them. */
  protected labelObject(values: readonly string[]): Record<string, string | number> {
    return Object.fromEntries(this.definition.labels.map((label, i) => [label, values[i] ?? ""]));
  }
}
