import type { MetricDefinition } from "./definition.ts";
import { MAX_METHOD_SERIES, MAX_OBJECT_SERIES, MAX_PEER_SERIES, MAX_SMALL_SERIES } from "./limits.ts";

/*
 * The nine metrics of the Prometheus integration document. Names, help texts, label order and buckets are its words: dashboards and
 * alerts of other people depend on every character.
 */

export const OBJECTS_TOTAL: MetricDefinition = {
  name: "goverse_objects_total",
  type: "gauge",
  help: "Total number of distributed objects in the cluster",
  labels: ["node", "type", "shard"],
  unit: "objects",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: MAX_OBJECT_SERIES,
  howToRead:
    "Objects in memory on this node, counted when scraped. `sum()` over all nodes is the cluster's total. A shard whose last " +
    'object went is shown as 0 for a minute, then no more. Objects pinned to a node have shard="none".',
};

export const METHOD_CALLS_TOTAL: MetricDefinition = {
  name: "goverse_method_calls_total",
  type: "counter",
  help: "Total number of method calls on distributed objects",
  labels: ["node", "object_type", "method_name", "status"],
  unit: "calls",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: MAX_METHOD_SERIES,
  howToRead:
    'Finished calls. status is "success" or "failure"; a full mailbox and an expired deadline are failures, a call sent to the ' +
    "wrong node is not a call yet. Both series of every registered method exist at 0 from the start. Names that are not " +
    'registered are counted under "_unknown".',
};

export const METHOD_CALL_DURATION: MetricDefinition = {
  name: "goverse_method_call_duration",
  type: "histogram",
  help: "Duration of method calls on distributed objects in seconds",
  labels: ["node", "object_type", "method_name", "status"],
  buckets: [0.001, 0.01, 0.1, 1, 10],
  unit: "seconds",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: MAX_METHOD_SERIES,
  howToRead:
    "Execution time, with the activation of the object if the call caused one and without the wait in its mailbox. A series " +
    "appears with its first call. Quantiles are exact to a bucket, that is to a factor of ten, and never above 10 s.",
};

export const SHARDS_TOTAL: MetricDefinition = {
  name: "goverse_shards_total",
  type: "gauge",
  help: "Total number of shards assigned to each node",
  labels: ["node"],
  unit: "shards",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: 1,
  howToRead:
    "Shards this node owns (claimed, not merely planned). Each node exports itself alone, so `sum()` is the number of shards: " +
    "less means shards without an owner, more means two owners.",
};

export const SHARD_CLAIMS_TOTAL: MetricDefinition = {
  name: "goverse_shard_claims_total",
  type: "counter",
  help: "Total number of shard ownership claims by node",
  labels: ["node"],
  unit: "shards",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: 1,
  howToRead: "Shards this node claimed successfully since it started.",
};

export const SHARD_RELEASES_TOTAL: MetricDefinition = {
  name: "goverse_shard_releases_total",
  type: "counter",
  help: "Total number of shard ownership releases by node",
  labels: ["node"],
  unit: "shards",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: 1,
  howToRead: "Shards this node gave up by agreement since it started. Shards lost with a lease are not released.",
};

export const SHARD_MIGRATIONS_TOTAL: MetricDefinition = {
  name: "goverse_shard_migrations_total",
  type: "counter",
  help: "Total number of completed shard migrations (ownership transfers between nodes)",
  labels: ["from_node", "to_node"],
  unit: "shards",
  scope: "process",
  stability: "contract",
  roles: ["node"],
  maxSeries: MAX_PEER_SERIES,
  howToRead:
    "Counted once per move, by the node that claimed: from the shard's last other owner to itself. A node that restarts and " +
    "claims its own shards again migrates nothing.",
};

export const SHARDS_MIGRATING: MetricDefinition = {
  name: "goverse_shards_migrating",
  type: "gauge",
  help: "Number of shards currently in migration state (TargetNode != CurrentNode)",
  labels: [],
  unit: "shards",
  scope: "cluster",
  stability: "contract",
  roles: ["node"],
  maxSeries: 1,
  howToRead:
    "The whole cluster's number as this node sees it: use `max()`, never `sum()`. Released and not yet claimed counts as " +
    "migrating. Absent while the node's view of the cluster is too old to be believed.",
};

export const CLIENTS_CONNECTED: MetricDefinition = {
  name: "goverse_clients_connected",
  type: "gauge",
  help: "Number of active client connections in the cluster",
  labels: ["node", "client_type"],
  unit: "connections",
  scope: "process",
  stability: "contract",
  roles: ["node", "gate"],
  maxSeries: MAX_SMALL_SERIES,
  howToRead:
    "Client streams that end at this process, counted when scraped. client_type is grpc, link, sse or websocket. grpc is there " +
    "from the start, also on nodes that serve no clients, so that a sum of nothing is 0 and not missing.",
};

/** The nine, in the order of the document. */
export const CONTRACT_METRICS: readonly MetricDefinition[] = [
  OBJECTS_TOTAL,
  METHOD_CALLS_TOTAL,
  METHOD_CALL_DURATION,
  SHARDS_TOTAL,
  SHARD_CLAIMS_TOTAL,
  SHARD_RELEASES_TOTAL,
  SHARD_MIGRATIONS_TOTAL,
  SHARDS_MIGRATING,
  CLIENTS_CONNECTED,
];
