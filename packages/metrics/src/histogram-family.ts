import type { MetricDefinition } from "./definition.ts";
import type { OnRefused, Sample } from "./family.ts";
import { MetricFamily } from "./family.ts";
import { formatValue, labelPairs, linePrefix } from "./text.ts";
import type { TextSink } from "./text.ts";

/** One histogram series: a count per bucket in a typed array. */
export class HistogramCell {
  readonly #bounds: Float64Array;
  /** Observations per bucket, not cumulative; the last is everything above the highest bound. */
  readonly counts: Float64Array;
  sum = 0;

  /** @param bounds Ascending upper bounds; may be shared between cells. */
  constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Records one value. What is negative or not a number (a clock that jumped) is recorded as 0, so that counts stay true. */
  observe(value: number): void {
    const seconds = value > 0 ? value : 0;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += seconds;
  }

  get count(): number {
    let total = 0;
    for (const count of this.counts) total += count;
    return total;
  }
}

interface Child {
  readonly cell: HistogramCell;
  readonly values: readonly string[];
  readonly bucketPrefixes: readonly string[];
  readonly sumPrefix: string;
  readonly countPrefix: string;
}

/** A family of histograms. A series is exported from its first observation on: an empty one would make quantiles NaN. */
export class HistogramFamily extends MetricFamily {
  readonly #children = new Map<string, Child>();
  readonly #bounds: Float64Array;
  /** `le` values as the document prints them, in both formats: one series keeps one name whoever scrapes it. */
  readonly #les: readonly string[];

  constructor(definition: MetricDefinition, onRefused: OnRefused) {
    super(definition, onRefused);
    this.#bounds = Float64Array.from(definition.buckets ?? []);
    this.#les = [...this.#bounds, Number.POSITIVE_INFINITY].map(formatValue);
  }

  /**
   * The cell of a label set, the same one each time.
   * @returns `undefined` when the family is full.
   */
  child(values: readonly string[]): HistogramCell | undefined {
    const key = JSON.stringify(values);
    const existing = this.#children.get(key);
    if (existing !== undefined) return existing.cell;
    if (this.#children.size >= this.definition.maxSeries) {
      this.refuse();
      return undefined;
    }
    const pairs = labelPairs(this.definition.labels, values);
    const comma = pairs === "" ? "" : ",";
    const cell = new HistogramCell(this.#bounds);
    this.#children.set(key, {
      cell,
      values,
      bucketPrefixes: this.#les.map((le) => `${this.name}_bucket{${pairs}${comma}le="${le}"} `),
      sumPrefix: linePrefix(`${this.name}_sum`, pairs),
      countPrefix: linePrefix(`${this.name}_count`, pairs),
    });
    return cell;
  }

  /** Pauses between series only, so that the lines of one agree with each other. */
  override *render(sink: TextSink): Iterable<void> {
    for (const { cell, bucketPrefixes, sumPrefix, countPrefix } of this.#children.values()) {
      if (cell.count === 0) continue;
      let total = 0;
      for (let bucket = 0; bucket < bucketPrefixes.length; bucket += 1) {
        total += cell.counts[bucket] as number;
        sink.line((bucketPrefixes[bucket] as string) + formatValue(total));
      }
      sink.line(sumPrefix + formatValue(cell.sum));
      sink.line(countPrefix + formatValue(total));
      if (sink.takePause()) yield;
    }
  }

  override samples(): Sample[] {
    return [...this.#children.values()].filter(({ cell }) => cell.count > 0).flatMap((child) => this.#samplesOf(child));
  }

  override reset(): void {
    for (const { cell } of this.#children.values()) {
      cell.counts.fill(0);
      cell.sum = 0;
    }
  }

  #samplesOf({ cell, values }: Child): Sample[] {
    const labels = this.labelObject(values);
    let total = 0;
    const buckets = this.#les.map((le, i) => {
      total += cell.counts[i] as number;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: cell.sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}
