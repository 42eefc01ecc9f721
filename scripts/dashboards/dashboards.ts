import type { DashboardSpec, PanelSpec } from "./panel.ts";

/*
 * Counters are shown as rates, gauges of one fact with `max by`, so that a page is right however many jobs scrape a process.
 * Metrics of Node.js carry no node: `goverse_node_info`, joined by instance, gives them one.
 */

/** Quantiles of a histogram, over everything but `le` that is not in `by`. */
function quantile(q: number, metric: string, by: string, matchers = ""): string {
  const group = by === "" ? "le" : `${by}, le`;
  return `histogram_quantile(${q}, sum by (${group}) (rate(${metric}_bucket{${matchers}}[$__rate_interval])))`;
}

/** A metric of Node.js with the label of the process that it belongs to. */
function ofProcess(expr: string, matchers: string): string {
  return `${expr} * on (instance) group_left (node) max by (instance, node) (goverse_node_info{${matchers}})`;
}

/** What every process is asked about itself. */
function processPanels(matchers: string): readonly PanelSpec[] {
  const show = (title: string, unit: PanelSpec["unit"], expr: string): PanelSpec => ({
    title,
    unit: unit ?? "short",
    queries: [[ofProcess(expr, matchers), "{{node}}"]],
  });
  return [
    show("CPU, in cores", "short", "rate(process_cpu_seconds_total[$__rate_interval])"),
    show("Event-loop delay, p99", "s", "nodejs_eventloop_lag_p99_seconds"),
    show("Resident memory", "bytes", "process_resident_memory_bytes"),
    show("Heap in use", "bytes", "nodejs_heap_size_used_bytes"),
    show(
      "Time in garbage collection",
      "percentunit",
      "sum by (instance) (rate(nodejs_gc_duration_seconds_sum[$__rate_interval]))",
    ),
    show("Open file descriptors", "short", "process_open_fds"),
  ];
}

const cluster: DashboardSpec = {
  uid: "goverse-cluster",
  title: "GoVerse: cluster",
  about: "Whether the cluster is well: who is there, what it does, how much of it fails, how long it takes.",
  panels: [
    { title: "Nodes", type: "stat", queries: [['count(max by (node) (goverse_node_info{role="node"}))', ""]] },
    { title: "Gates", type: "stat", queries: [['count(max by (node) (goverse_node_info{role="gate"}))', ""]] },
    {
      title: "Shards without an owner",
      type: "stat",
      queries: [["max(goverse_shard_count) - sum(max by (node) (goverse_shards_total))", ""]],
    },
    { title: "Shards on the way", type: "stat", queries: [["max(goverse_shards_migrating)", ""]] },
    { title: "Objects", type: "stat", queries: [["sum(max by (node, type, shard) (goverse_objects_total))", ""]] },
    {
      title: "Clients",
      type: "stat",
      queries: [["sum(max by (node, client_type) (goverse_clients_connected))", ""]],
    },
    {
      title: "Calls a second",
      unit: "ops",
      stacked: true,
      queries: [["sum by (status) (rate(goverse_method_calls_total[$__rate_interval]))", "{{status}}"]],
    },
    {
      title: "Share of calls that fail",
      unit: "percentunit",
      queries: [
        [
          'sum by (object_type) (rate(goverse_method_calls_total{status="failure"}[$__rate_interval])) / (sum by (object_type) (rate(goverse_method_calls_total[$__rate_interval])) > 0)',
          "{{object_type}}",
        ],
      ],
    },
    {
      title: "Duration",
      unit: "s",
      queries: [
        [quantile(0.5, "goverse_method_call_duration", ""), "p50"],
        [quantile(0.95, "goverse_method_call_duration", ""), "p95"],
        [quantile(0.99, "goverse_method_call_duration", ""), "p99"],
      ],
    },
    {
      title: "Objects by type",
      stacked: true,
      queries: [["sum by (type) (max by (node, type, shard) (goverse_objects_total))", "{{type}}"]],
    },
    { title: "Shards by node", stacked: true, queries: [["max by (node) (goverse_shards_total)", "{{node}}"]] },
    {
      title: "Clients by type",
      stacked: true,
      queries: [["sum by (client_type) (max by (node, client_type) (goverse_clients_connected))", "{{client_type}}"]],
    },
    {
      title: "Leases lost, in ten minutes",
      queries: [["max by (node) (increase(goverse_lease_lost_total[10m]))", "{{node}}"]],
    },
    {
      title: "Versions",
      type: "bargauge",
      queries: [["count by (version, node_version) (goverse_build_info)", "{{version}} on Node.js {{node_version}}"]],
    },
    {
      title: "Series refused and collectors failed, in ten minutes",
      queries: [
        ["sum by (metric) (increase(goverse_metrics_series_refused_total[10m]))", "refused: {{metric}}"],
        ["sum by (metric) (increase(goverse_metrics_collector_errors_total[10m]))", "failed: {{metric}}"],
      ],
    },
  ],
};

const NODES = 'role="node",node=~"$node"';
const node: DashboardSpec = {
  uid: "goverse-node",
  title: "GoVerse: nodes",
  about: "One node or several side by side: work, waiting, and what the process uses.",
  choices: [{ label: "node", metric: 'goverse_node_info{role="node"}' }],
  panels: [
    {
      title: "Calls a second",
      unit: "ops",
      queries: [['sum by (node) (rate(goverse_method_calls_total{node=~"$node"}[$__rate_interval]))', "{{node}}"]],
    },
    {
      title: "Failures a second",
      unit: "ops",
      queries: [
        [
          'sum by (node) (rate(goverse_method_calls_total{node=~"$node",status="failure"}[$__rate_interval]))',
          "{{node}}",
        ],
      ],
    },
    {
      title: "Duration, p95",
      unit: "s",
      queries: [[quantile(0.95, "goverse_method_call_duration", "node", 'node=~"$node"'), "{{node}}"]],
    },
    {
      title: "Wait in the mailbox, p95",
      unit: "s",
      queries: [[quantile(0.95, "goverse_method_queue_wait_seconds", "node", 'node=~"$node"'), "{{node}}"]],
    },
    {
      title: "Objects",
      queries: [['sum by (node) (max by (node, type, shard) (goverse_objects_total{node=~"$node"}))', "{{node}}"]],
    },
    { title: "Shards", queries: [['max by (node) (goverse_shards_total{node=~"$node"})', "{{node}}"]] },
    ...processPanels(NODES),
    {
      title: "Scrape: duration",
      unit: "s",
      queries: [[ofProcess('scrape_duration_seconds{job=~"goverse.*"}', NODES), "{{node}}"]],
    },
    {
      title: "Scrape: samples",
      queries: [[ofProcess('scrape_samples_scraped{job=~"goverse.*"}', NODES), "{{node}}"]],
    },
    {
      title: "Messages to clients that were dropped",
      unit: "ops",
      queries: [
        [
          'sum by (node, reason) (rate(goverse_pushes_dropped_total{node=~"$node"}[$__rate_interval]))',
          "{{node}} {{reason}}",
        ],
      ],
    },
  ],
};

const TYPES = 'object_type=~"$object_type"';
const objects: DashboardSpec = {
  uid: "goverse-objects",
  title: "GoVerse: object types",
  about:
    "What the methods of an object type do: how often, how well, how long, and how long callers wait for their turn.",
  choices: [{ label: "object_type", metric: "goverse_method_calls_total" }],
  panels: [
    {
      title: "Calls a second",
      unit: "ops",
      queries: [
        [
          `sum by (object_type, method_name) (rate(goverse_method_calls_total{${TYPES}}[$__rate_interval]))`,
          "{{object_type}}.{{method_name}}",
        ],
      ],
    },
    {
      title: "Share that fails",
      unit: "percentunit",
      queries: [
        [
          `sum by (object_type, method_name) (rate(goverse_method_calls_total{${TYPES},status="failure"}[$__rate_interval])) / (sum by (object_type, method_name) (rate(goverse_method_calls_total{${TYPES}}[$__rate_interval])) > 0)`,
          "{{object_type}}.{{method_name}}",
        ],
      ],
    },
    {
      title: "Objects",
      stacked: true,
      queries: [
        ['sum by (type) (max by (node, type, shard) (goverse_objects_total{type=~"$object_type"}))', "{{type}}"],
      ],
    },
    ...[0.5, 0.95, 0.99].map((q): PanelSpec => ({
      title: `Duration, p${q * 100}`,
      unit: "s",
      queries: [
        [
          quantile(q, "goverse_method_call_duration", "object_type, method_name", TYPES),
          "{{object_type}}.{{method_name}}",
        ],
      ],
    })),
    {
      title: "Duration, all calls",
      type: "heatmap",
      unit: "s",
      queries: [[`sum by (le) (rate(goverse_method_call_duration_bucket{${TYPES}}[$__rate_interval]))`, "{{le}}"]],
    },
    {
      title: "Wait in the mailbox, all calls",
      type: "heatmap",
      unit: "s",
      queries: [[`sum by (le) (rate(goverse_method_queue_wait_seconds_bucket{${TYPES}}[$__rate_interval]))`, "{{le}}"]],
    },
    {
      title: "Wait in the mailbox, p95",
      unit: "s",
      width: 12,
      queries: [
        [
          quantile(0.95, "goverse_method_queue_wait_seconds", "object_type, method_name", TYPES),
          "{{object_type}}.{{method_name}}",
        ],
      ],
    },
    {
      title: "Objects that started without the state they had, a second",
      unit: "ops",
      width: 12,
      queries: [
        [
          `sum by (object_type, reason) (rate(goverse_objects_started_cold_total{${TYPES}}[$__rate_interval]))`,
          "{{object_type}} {{reason}}",
        ],
      ],
    },
  ],
};

const shards: DashboardSpec = {
  uid: "goverse-shards",
  title: "GoVerse: shards",
  about: "Who owns how many shards, what moves, and why.",
  panels: [
    { title: "Shards", type: "stat", queries: [["max(goverse_shard_count)", ""]] },
    { title: "Owned", type: "stat", queries: [["sum(max by (node) (goverse_shards_total))", ""]] },
    { title: "On the way", type: "stat", queries: [["max(goverse_shards_migrating)", ""]] },
    {
      title: "Most and fewest differ by",
      type: "stat",
      queries: [["max(max by (node) (goverse_shards_total)) - min(max by (node) (goverse_shards_total))", ""]],
    },
    { title: "Share of each node", type: "bargauge", queries: [["max by (node) (goverse_shards_total)", "{{node}}"]] },
    { title: "Owned", stacked: true, queries: [["max by (node) (goverse_shards_total)", "{{node}}"]], width: 12 },
    { title: "On the way, as each node sees it", queries: [["goverse_shards_migrating", "{{instance}}"]], width: 12 },
    {
      title: "Claims a second",
      unit: "ops",
      queries: [["max by (node) (rate(goverse_shard_claims_total[$__rate_interval]))", "{{node}}"]],
    },
    {
      title: "Releases a second",
      unit: "ops",
      queries: [["max by (node) (rate(goverse_shard_releases_total[$__rate_interval]))", "{{node}}"]],
    },
    {
      title: "Migrations a second, by path",
      unit: "ops",
      queries: [
        [
          "max by (from_node, to_node) (rate(goverse_shard_migrations_total[$__rate_interval]))",
          "{{from_node}} → {{to_node}}",
        ],
      ],
    },
    {
      title: "Decisions of the planner, in five minutes",
      width: 24,
      queries: [["sum by (reason) (increase(goverse_shard_decisions_total[5m]))", "{{reason}}"]],
    },
  ],
};

const GATES = 'role="gate",node=~"$node"';
const gate: DashboardSpec = {
  uid: "goverse-gate",
  title: "GoVerse: gates",
  about: "The clients' door: who is connected, what did not reach them, and what the process uses.",
  choices: [{ label: "node", metric: 'goverse_node_info{role="gate"}' }],
  panels: [
    {
      title: "Clients by type",
      stacked: true,
      queries: [
        [
          'sum by (client_type) (max by (node, client_type) (goverse_clients_connected{node=~"$node"}))',
          "{{client_type}}",
        ],
      ],
    },
    {
      title: "Clients by gate",
      queries: [['sum by (node) (max by (node, client_type) (goverse_clients_connected{node=~"$node"}))', "{{node}}"]],
    },
    {
      title: "Messages to clients that were dropped, a second",
      unit: "ops",
      queries: [
        [
          'sum by (node, reason) (rate(goverse_pushes_dropped_total{node=~"$node"}[$__rate_interval]))',
          "{{node}} {{reason}}",
        ],
      ],
    },
    ...processPanels(GATES),
  ],
};

/** Every dashboard, by the name of its file in `ops/grafana`. */
export const DASHBOARDS: Readonly<Record<string, DashboardSpec>> = { cluster, node, objects, shards, gate };
