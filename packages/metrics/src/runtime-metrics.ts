import type { MetricDefinition } from "./definition.ts";
import { MAX_METHOD_SERIES, MAX_SMALL_SERIES, MAX_TYPE_REASON_SERIES } from "./limits.ts";

/*
 * Our own, under the same prefix: base units, `_total` on counters only, histograms in `_seconds`.
 */

export const METHOD_QUEUE_WAIT: MetricDefinition = {
  name: "goverse_method_queue_wait_seconds",
  type: "histogram",
  help: "Time method calls waited in the mailbox of their object before they started, in seconds",
  labels: ["node", "object_type", "method_name"],
  buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  unit: "seconds",
  scope: "process",
  stability: "stable",
  roles: ["node"],
  maxSeries: MAX_METHOD_SERIES,
  howToRead: "Grows when callers crowd at one object: its turns run one at a time. A call to an idle object waits 0.",
};

export const SHARD_DECISIONS_TOTAL: MetricDefinition = {
  name: "goverse_shard_decisions_total",
  type: "counter",
  help: "Total number of decisions of the shard planner on this node, by reason",
  labels: ["node", "reason"],
  unit: "decisions",
  scope: "process",
  stability: "experimental",
  roles: ["node"],
  maxSeries: MAX_SMALL_SERIES,
  howToRead: "Only the leader decides. Deciding to do nothing is a decision too, so a silent planner is a stopped one.",
};

export const OBJECTS_STARTED_COLD_TOTAL: MetricDefinition = {
  name: "goverse_objects_started_cold_total",
  type: "counter",
  help: "Total number of objects that started without the state they had before, by reason",
  labels: ["node", "object_type", "reason"],
  unit: "objects",
  scope: "process",
  stability: "experimental",
  roles: ["node"],
  maxSeries: MAX_TYPE_REASON_SERIES,
  howToRead: "State that lived in memory only and was lost: after a crash, or in a move that could not carry it.",
};

export const PUSHES_DROPPED_TOTAL: MetricDefinition = {
  name: "goverse_pushes_dropped_total",
  type: "counter",
  help: "Total number of messages to clients that were not delivered, by reason",
  labels: ["node", "reason"],
  unit: "messages",
  scope: "process",
  stability: "experimental",
  roles: ["node", "gate"],
  maxSeries: MAX_SMALL_SERIES,
  howToRead: "Delivery to clients is at most once; this is the difference.",
};

export const LEASE_LOST_TOTAL: MetricDefinition = {
  name: "goverse_lease_lost_total",
  type: "counter",
  help: "Total number of times this node lost its lease and with it all its shards",
  labels: ["node"],
  unit: "leases",
  scope: "process",
  stability: "stable",
  roles: ["node"],
  maxSeries: 1,
  howToRead:
    "Should stay 0. Each step means that etcd was unreachable, or this process stalled, for longer than the lease.",
};

export const BUILD_INFO: MetricDefinition = {
  name: "goverse_build_info",
  type: "gauge",
  help: "A constant 1, labelled with the version of GoVerse and of Node.js",
  labels: ["version", "node_version"],
  unit: "",
  scope: "process",
  stability: "stable",
  roles: ["node", "gate"],
  maxSeries: 1,
  howToRead: "Count by (version) to follow a rolling update.",
};

export const NODE_INFO: MetricDefinition = {
  name: "goverse_node_info",
  type: "gauge",
  help: "A constant 1, labelled with the address and role of this process",
  labels: ["node", "role"],
  unit: "",
  scope: "process",
  stability: "stable",
  roles: ["node", "gate"],
  maxSeries: 1,
  howToRead: "Join on (instance) to put node names beside metrics that Prometheus or Node.js label by target only.",
};

export const SHARD_COUNT: MetricDefinition = {
  name: "goverse_shard_count",
  type: "gauge",
  help: "Number of shards of the cluster, fixed for its life",
  labels: [],
  unit: "shards",
  scope: "cluster",
  stability: "stable",
  roles: ["node", "gate"],
  maxSeries: 1,
  howToRead:
    "What `sum(goverse_shards_total)` should be: use `max()`, never `sum()`. Alerts compare with it instead of with 8192, so they " +
    "hold for every cluster.",
};

export const SERIES_REFUSED_TOTAL: MetricDefinition = {
  name: "goverse_metrics_series_refused_total",
  type: "counter",
  help: "Total number of times a series was refused because its metric reached its limit",
  labels: ["metric"],
  unit: "refusals",
  scope: "process",
  stability: "stable",
  roles: ["node", "gate"],
  maxSeries: MAX_SMALL_SERIES,
  howToRead:
    "Should stay 0. When it grows, label values are unbounded somewhere, and the metric it names is incomplete.",
};

export const COLLECTOR_ERRORS_TOTAL: MetricDefinition = {
  name: "goverse_metrics_collector_errors_total",
  type: "counter",
  help: "Total number of scrapes that had to leave a metric out because reading it failed",
  labels: ["metric"],
  unit: "errors",
  scope: "process",
  stability: "stable",
  roles: ["node", "gate"],
  maxSeries: MAX_SMALL_SERIES,
  howToRead: "Should stay 0. The error itself is in the log of the process.",
};

/** Our own metrics, in the order in which they are exported. */
export const RUNTIME_METRICS: readonly MetricDefinition[] = [
  METHOD_QUEUE_WAIT,
  SHARD_DECISIONS_TOTAL,
  OBJECTS_STARTED_COLD_TOTAL,
  PUSHES_DROPPED_TOTAL,
  LEASE_LOST_TOTAL,
  BUILD_INFO,
  NODE_INFO,
  SHARD_COUNT,
  SERIES_REFUSED_TOTAL,
  COLLECTOR_ERRORS_TOTAL,
];
