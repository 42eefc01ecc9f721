import { CONTRACT_METRICS } from "./contract-metrics.ts";
import type { MetricDefinition, Role } from "./definition.ts";
import { RUNTIME_METRICS } from "./runtime-metrics.ts";

/** Every metric of GoVerse, in the order of `/metrics`. Metrics of Node.js itself come after it and are not listed here. */
export const CATALOGUE: readonly MetricDefinition[] = [...CONTRACT_METRICS, ...RUNTIME_METRICS];

/** What a process of `role` exports. */
export function catalogueOf(role: Role): readonly MetricDefinition[] {
  return CATALOGUE.filter((definition) => definition.roles.includes(role));
}

/**
 * Everything wrong with a catalogue: doubled names, names that clash as OpenMetrics prints them, buckets out of order, counters
 * without `_total`. Empty when it is sound.
 */
export function catalogueProblems(definitions: readonly MetricDefinition[]): readonly string[] {
  const problems: string[] = [];
  const taken = new Map<string, string>();
  for (const definition of definitions) {
    for (const name of new Set([definition.name, ...sampleNames(definition)])) {
      const other = taken.get(name);
      if (other !== undefined) problems.push(`${definition.name} and ${other} both print ${name}`);
      taken.set(name, definition.name);
    }
    problems.push(...definitionProblems(definition));
  }
  return problems;
}

function definitionProblems({ name, type, labels, buckets, maxSeries }: MetricDefinition): string[] {
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9_]*$/.test(name)) problems.push(`${name}: not a metric name`);
  if (type === "counter" && !name.endsWith("_total")) problems.push(`${name}: a counter ends in _total`);
  const badLabel = labels.find((label) => !/^[a-z][a-z0-9_]*$/.test(label) || label === "le");
  if (badLabel !== undefined) problems.push(`${name}: ${badLabel} is not a label name`);
  if (new Set(labels).size !== labels.length) problems.push(`${name}: a label twice`);
  if ((type === "histogram") !== (buckets !== undefined)) problems.push(`${name}: buckets belong to histograms`);
  const ascending = (buckets ?? []).every((bound, i, all) => i === 0 || bound > (all[i - 1] as number));
  if (!ascending || buckets?.length === 0) problems.push(`${name}: buckets are not ascending`);
  if (!(maxSeries >= 1)) problems.push(`${name}: no room for a series`);
  return problems;
}

/** Names of the samples under which a family appears, in either format. */
export function sampleNames({ name, type }: Pick<MetricDefinition, "name" | "type">): readonly string[] {
  if (type === "histogram") return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  return type === "counter" ? [openMetricsFamilyName(name, type), name] : [name];
}

/** The family name in OpenMetrics, where `_total` belongs to a counter's sample and not to its family. */
export function openMetricsFamilyName(name: string, type: string): string {
  return type === "counter" && name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
}
