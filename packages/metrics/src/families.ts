import { GoverseError } from "@goverse/core";
import type { Registry } from "prom-client";
import { catalogueOf } from "./catalogue.ts";
import { OBJECTS_TOTAL } from "./contract-metrics.ts";
import { type CounterCell, CounterFamily } from "./counter-family.ts";
import type { MetricDefinition, Role } from "./definition.ts";
import type { MetricFamily } from "./family.ts";
import { GaugeFamily } from "./gauge-family.ts";
import { HistogramFamily } from "./histogram-family.ts";
import { UNKNOWN } from "./method-metrics.ts";
import { ObjectsGauge } from "./objects-gauge.ts";
import { register } from "./process-metrics.ts";
import { SERIES_REFUSED_TOTAL } from "./runtime-metrics.ts";

/** Labels that name this process, and stay when a series finds no room under its own labels. */
const OWN_LABELS: ReadonlySet<string> = new Set(["node", "to_node"]);

/** The families of one process: created from the catalogue for its role, registered, and found again by their definition. */
export class Families {
  readonly definitions: readonly MetricDefinition[];
  readonly objects: ObjectsGauge | undefined;
  readonly #role: Role;
  readonly #counters = new Map<MetricDefinition, CounterFamily>();
  readonly #histograms = new Map<MetricDefinition, HistogramFamily>();
  readonly #gauges = new Map<MetricDefinition, GaugeFamily>();

  constructor(registry: Registry, role: Role, node: string, nowMs: () => number) {
    this.#role = role;
    this.definitions = catalogueOf(role);
    for (const definition of this.definitions) {
      const onRefused = (metric: string): void => this.#refused(metric);
      let family: MetricFamily;
      if (definition === OBJECTS_TOTAL) {
        family = this.objects = new ObjectsGauge(definition, onRefused, node, nowMs);
      } else if (definition.type === "counter") {
        this.#counters.set(definition, (family = new CounterFamily(definition, onRefused)));
      } else if (definition.type === "histogram") {
        this.#histograms.set(definition, (family = new HistogramFamily(definition, onRefused)));
      } else {
        this.#gauges.set(definition, (family = new GaugeFamily(definition, onRefused)));
      }
      register(registry, family);
    }
  }

  /** Each throws `UNSUPPORTED` when a process of this role does not export that metric. */
  counter(definition: MetricDefinition): CounterFamily {
    return this.#counters.get(definition) ?? this.#missing(definition);
  }

  histogram(definition: MetricDefinition): HistogramFamily {
    return this.#histograms.get(definition) ?? this.#missing(definition);
  }

  gauge(definition: MetricDefinition): GaugeFamily {
    return this.#gauges.get(definition) ?? this.#missing(definition);
  }

  has(definition: MetricDefinition): boolean {
    return this.definitions.includes(definition);
  }

  /** The cell of a label set; when its family is full, the one where the rest is counted together as `_unknown`, so that sums stay true. */
  cell(definition: MetricDefinition, values: readonly string[]): CounterCell {
    const family = this.counter(definition);
    return (
      family.child(values) ??
      family.overflow(definition.labels.map((label, i) => (OWN_LABELS.has(label) ? (values[i] ?? "") : UNKNOWN)))
    );
  }

  #refused(metric: string): void {
    if (metric !== SERIES_REFUSED_TOTAL.name) this.cell(SERIES_REFUSED_TOTAL, [metric]).add();
  }

  #missing(definition: MetricDefinition): never {
    throw new GoverseError("UNSUPPORTED", `a ${this.#role} does not export ${definition.name}; it belongs to a node`);
  }
}
