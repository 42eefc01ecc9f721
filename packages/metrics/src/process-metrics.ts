import { collectDefaultMetrics, Registry } from "prom-client";
import type { RegistryMetric } from "./family.ts";

/**
 * These enumerate every handle, request and resource of the process at each scrape: 20 ms with 10,000 sockets, which is where
 * a gate is at home.
 */
const TOO_DEAR: readonly string[] = [
  "nodejs_active_handles",
  "nodejs_active_handles_total",
  "nodejs_active_requests",
  "nodejs_active_requests_total",
  "nodejs_active_resources",
  "nodejs_active_resources_total",
];

let shared: readonly RegistryMetric[] | undefined;

/**
 * The metrics of Node.js: CPU, memory, event loop, garbage collection. Created at first use and shared by everything in the
 * process, because they start observers that nobody can stop and there is one event loop to observe.
 */
export function processMetrics(): readonly RegistryMetric[] {
  if (shared === undefined) {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const name of TOO_DEAR) registry.removeSingleMetric(name);
    shared = metricsOf(registry);
  }
  return shared;
}

/** The metrics of a registry as what they are at run time; the library's types describe less than that. */
export function metricsOf(registry: Registry): readonly RegistryMetric[] {
  return registry.getMetricsAsArray() as unknown as readonly RegistryMetric[];
}

/** Registers anything with the interface that a registry uses, which is wider than the library's types say. */
export function register(registry: Registry, metric: RegistryMetric): void {
  registry.registerMetric(metric as unknown as Parameters<Registry["registerMetric"]>[0]);
}
