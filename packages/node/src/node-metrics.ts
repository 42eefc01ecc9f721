import type { GoverseMetrics, MethodMetrics } from "@goverse/metrics";

/** What a node records. `createMetrics({ node, role: "node" })` of `@goverse/metrics` is one. */
export interface NodeMetrics extends Pick<
  GoverseMetrics,
  "unknownMethod" | "observeObjects" | "objectStartedCold" | "declareReasons"
> {
  /** Makes a type known and answers where its calls are recorded. */
  registerType(type: string, methods: readonly string[]): { method(name: string): MethodRecord };
}

/** Where the calls of one method are recorded. */
export type MethodRecord = Pick<MethodMetrics, "callFinished" | "queueWaited">;

/** Why objects lose their state, as the `reason` of `goverse_objects_started_cold_total`. */
export type ColdReason = "moved" | "lost" | "stopped";

/** All of them, so that their counters exist at 0. `moved`: an agreed move; `lost`: ownership was taken; `stopped`: the node stopped. */
export const COLD_REASONS: readonly ColdReason[] = ["moved", "lost", "stopped"];
