export { CATALOGUE, catalogueOf, catalogueProblems } from "./catalogue.ts";
export { CONTRACT_METRICS } from "./contract-metrics.ts";
export type { MetricDefinition, MetricType, Role, Stability } from "./definition.ts";
export {
  type ClientSource,
  type ClientType,
  createMetrics,
  type DeclaredReasons,
  GoverseMetrics,
  type MetricsOptions,
  type ShardSource,
} from "./goverse-metrics.ts";
export { type MethodMetrics, type TypeMetrics, UNKNOWN } from "./method-metrics.ts";
export { CONTENT_TYPES, negotiate, type Negotiated } from "./negotiate.ts";
export { ObjectCounts, type ObjectCountSource } from "./object-counts.ts";
export { RUNTIME_METRICS } from "./runtime-metrics.ts";
export type { ExposeOptions, Exposition } from "./scraper.ts";
export type { ExpositionFormat } from "./text.ts";
