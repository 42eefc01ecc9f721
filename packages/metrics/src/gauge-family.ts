import type { Sample } from "./family.ts";
import { MetricFamily } from "./family.ts";
import { formatValue, labelPairs, linePrefix } from "./text.ts";
import type { TextSink } from "./text.ts";

/** One gauge series: label values in the order of the definition, and the value now. */
export type GaugeReading = readonly [values: readonly string[], value: number];

/** Reads a gauge from the truth. Called at every scrape: cheap, without side effects; a throw leaves this metric out once. */
export type GaugeSource = () => Iterable<GaugeReading>;

/** A family of gauges that keeps nothing: it asks its source when scraped. Without a source it has no samples. */
export class GaugeFamily extends MetricFamily {
  #source: GaugeSource = () => [];

  setSource(source: GaugeSource): void {
    this.#source = source;
  }

  override *render(sink: TextSink): Iterable<void> {
    for (const [values, value] of this.#read()) {
      sink.line(linePrefix(this.name, labelPairs(this.definition.labels, values)) + formatValue(value));
      if (sink.takePause()) yield;
    }
  }

  override samples(): Sample[] {
    return [...this.#read()].map(([values, value]) => ({ labels: this.labelObject(values), value }));
  }

  /** Nothing to do: the truth is elsewhere. */
  override reset(): void {}

  *#read(): Iterable<GaugeReading> {
    let series = 0;
    for (const reading of this.#source()) {
      series += 1;
      if (series > this.definition.maxSeries) this.refuse();
      else yield reading;
    }
  }
}
