/** What a process is. Decides which families it exports. */
export type Role = "node" | "gate";

/** Kinds of metric that the catalogue uses. */
export type MetricType = "counter" | "gauge" | "histogram";

/**
 * What may change between releases:
 * - `contract`: a published name; nothing about it changes, ever.
 * - `stable`: labels may be added in a minor release, anything else needs a major one.
 * - `experimental`: may change or go in any release.
 */
export type Stability = "contract" | "stable" | "experimental";

/** One metric as data: everything a reader, a dashboard or a generated document needs to know about it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  /** The HELP line. */
  readonly help: string;
  /** Label names in the order in which they are printed. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending, without `+Inf`. */
  readonly buckets?: readonly number[];
  /** What one unit of the value is: `seconds`, `objects`, `calls`, … */
  readonly unit: string;
  /** `process`: the exporting process speaks for itself, sum over processes. `cluster`: all say the same, take the maximum. */
  readonly scope: "process" | "cluster";
  readonly stability: Stability;
  /** Which roles export it. */
  readonly roles: readonly Role[];
  /** Most series (for histograms: label sets) one process keeps; the rest is refused and counted. */
  readonly maxSeries: number;
  /** How to read it: what moves it, what does not, and what it is good for. */
  readonly howToRead: string;
}
