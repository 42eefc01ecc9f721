// A real Prometheus scrapes a live cluster of three nodes and a gate: what it finds, what it can be asked, and what that answers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogueOf, type MetricDefinition, type Role } from "@goverse/metrics";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listSourceFiles } from "../../scripts/source-files.ts";
import { DASHBOARDS } from "../../scripts/dashboards/dashboards.ts";
import { findFences } from "../docs/fences.ts";
import { type DevCluster, startDevCluster } from "../support/dev-cluster.ts";
import { fromSource, type Program, startProgram, until } from "../support/program.ts";
import { parseSamples, scrapeText, sum, sumOver } from "../support/scrape.ts";
import { requireTool } from "../support/tools.ts";
import { allAlerts, OPS, publishedQueries, RULE_FILES } from "./ops.ts";
import { type QueryResult, type RealPrometheus, startRealPrometheus } from "./real-prometheus.ts";

const tool = requireTool("prometheus", "the queries and alerts against a live cluster");

const SHARDS = 8192;
/** Calls a second: enough that every node sees some between two scrapes. */
const TRAFFIC = 80;
/** The nodes that the published queries name. */
const PUBLISHED_NODES = ["localhost:47000", "localhost:47001"];

/** What may be pending in a cluster that is young, moved most of its shards just now, and whose traffic fails in 2 % of the calls. */
const EXPLAINED = [
  "HighShardMigrationRate",
  "MembershipChanged",
  "ImbalancedShardChurn",
  "NodeLosingShards",
  "ErrorBudgetBurnsFast",
  "ErrorBudgetBurnsSlowly",
];

describe.runIf(tool !== undefined)("Prometheus at a live cluster", () => {
  let cluster: DevCluster;
  let prometheus: RealPrometheus;
  let restarted: Program | undefined;
  /** Addresses of the nodes, as they are in `node`. */
  let nodes: readonly string[];

  beforeAll(async () => {
    cluster = await startDevCluster([`--traffic=${TRAFFIC}`]);
    nodes = await Promise.all(cluster.nodes.map(nodeLabel));
    prometheus = await startRealPrometheus(config(cluster.gateHttp));
    await settled(cluster, prometheus);
    restarted = await restartFirstNode(cluster, prometheus);
    await settled(cluster, prometheus);
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    await restarted?.destroy();
    await cluster?.program.destroy();
  });

  /** The query with this cluster's addresses instead of the published ones. */
  const here = (expr: string): string =>
    PUBLISHED_NODES.reduce((text, address, index) => text.replaceAll(address, nodes[index] ?? ""), expr);

  it("found every process through one URL, also the node that came back", async () => {
    expect(await prometheus.targets()).toEqual(
      new Map([...cluster.nodes, cluster.gateHttp].map((address) => [address, "up"])),
    );
  });

  it.each(publishedQueries())("$sentence", async ({ sentence, expr, emptyWhen }) => {
    const results = await prometheus.query(here(expr));
    if (emptyWhen === undefined) expect(results).not.toEqual([]);
    for (const { metric, value } of results) {
      // The only thing that is nowhere: the duration of calls that were not made in these five minutes.
      if (Number.isNaN(value)) expect(await callRate(prometheus, metric)).toBe(0);
      else expect(value).toBeGreaterThanOrEqual(0);
    }
    if (emptyWhen === undefined) expect(results.some(({ value }) => Number.isFinite(value))).toBe(true);
    await SENSIBLE[sentence]?.(results, nodes, prometheus);
  });

  it("has more to say about each query than that it is a number", () => {
    const sentences = publishedQueries().map(({ sentence }) => sentence);
    expect(Object.keys(SENSIBLE).filter((sentence) => !sentences.includes(sentence))).toEqual([]);
    expect(sentences.filter((sentence) => SENSIBLE[sentence] === undefined)).toEqual([]);
  });

  it("evaluates every rule, and no alert is under way that nothing explains", async () => {
    let unexplained: readonly string[] = [];
    const rules = await until(
      async () => {
        const all = await prometheus.rules();
        const active = all.filter(({ state }) => state === "pending" || state === "firing").map(({ name }) => name);
        unexplained = active.filter((name) => !EXPLAINED.includes(name));
        return unexplained.length === 0 && all.every(({ health }) => health !== "unknown") && all;
      },
      10_000,
      () => `nothing explains ${unexplained.join(", ")}`,
    );
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    expect(rules.filter(({ type }) => type === "alerting")).toHaveLength(allAlerts().length);
    for (const { name } of rules.filter(({ type }) => type === "recording")) {
      expect(await prometheus.query(name), name).not.toEqual([]);
    }
  });

  it("answers every query of the documents", async () => {
    const queries = listSourceFiles("docs").flatMap((file) =>
      findFences(file).flatMap(({ language, lines }) => (language === "promql" ? lines : [])),
    );
    expect(queries.length).toBeGreaterThan(30);
    const metrics = (await prometheus.query('count by (__name__) ({job="goverse"})')).map(
      ({ metric }) => metric["__name__"],
    );
    for (const query of queries.filter((line) => line !== "")) {
      await prometheus.query(query);
      const asked = query.match(/\b(?:goverse|nodejs|process)_\w+/g) ?? [];
      expect(
        asked.filter((name) => !metrics.includes(name)),
        query,
      ).toEqual([]);
    }
  });

  it.each(Object.entries(DASHBOARDS))("has data for every panel of the dashboard %s", async (_, { panels }) => {
    for (const { title, queries } of panels) {
      for (const [expr] of queries) {
        // What Grafana puts in place of these when everything is chosen.
        const asked = expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$\w+/g, ".+");
        const results = await prometheus.query(asked);
        expect(
          results.some(({ value }) => Number.isFinite(value)),
          `${title}: ${asked}`,
        ).toBe(true);
      }
    }
  });

  it.each(["node", "gate"] as const)(
    "a %s exports what is in the catalogue, and nothing else is exported",
    async (role) => {
      const text = await scrapeText(role === "node" ? (cluster.nodes[1] ?? "") : cluster.gateHttp);
      const families = text.split("\n").filter((line) => line.startsWith("# TYPE goverse_"));
      expect(families).toEqual(catalogueOf(role).map(({ name, type }) => `# TYPE ${name} ${type}`));
      const helps = text.split("\n").filter((line) => line.startsWith("# HELP goverse_"));
      expect(helps).toEqual(catalogueOf(role).map(({ name, help }) => `# HELP ${name} ${help}`));
      const ours = parseSamples(text).filter(({ name }) => name.startsWith("goverse_"));
      expect(ours.length).toBeGreaterThan(catalogueOf(role).length);
      for (const { name, labels } of ours) {
        const definition = definitionOf(role, name);
        const expected = [...(definition?.labels ?? []), ...(name.endsWith("_bucket") ? ["le"] : [])];
        expect(Object.keys(labels), name).toEqual(expected);
      }
    },
  );

  it("the shards of all nodes sum to the number of shards, which every process knows", async () => {
    expect(await sumOver(cluster.nodes, "goverse_shards_total")).toBe(SHARDS);
    expect(await prometheus.value("max(goverse_shard_count)")).toBe(SHARDS);
    expect(await prometheus.value("min(goverse_shard_count)")).toBe(SHARDS);
  });
});

/** Everything that is known beforehand about the answers. */
const SENSIBLE: Readonly<
  Record<
    string,
    (results: readonly QueryResult[], nodes: readonly string[], prometheus: RealPrometheus) => void | Promise<void>
  >
> = {
  "Total objects across all nodes": ([total]) => expect(total?.value).toBeGreaterThanOrEqual(20),
  "Objects by type": (types) => expect(labels(types, "type")).toEqual(["ChatClient", "ChatRoom"]),
  "Objects on a specific node": (objects, [first]) => expect(labels(objects, "node")).toEqual([first]),
  "Total method calls across all nodes": ([total]) => expect(total?.value).toBeGreaterThan(100),
  "Method calls by status (success vs failure)": (statuses) =>
    expect(labels(statuses, "status")).toEqual(["failure", "success"]),
  "Success rate for a specific method": ([rate]) => {
    expect(rate?.value).toBeGreaterThan(0.9);
    expect(rate?.value).toBeLessThan(1);
  },
  "Error rate (failures per second) for a specific object type": ([rate]) => expect(rate?.value).toBeGreaterThan(0),
  "Average method call duration (seconds)": (averages, nodes) => {
    expect(labels(averages, "node")).toEqual(nodes.toSorted());
    expect(Math.max(...numbers(averages))).toBeLessThan(1);
  },
  "95th percentile of method call duration": (quantiles) => expect(Math.max(...numbers(quantiles))).toBeLessThan(10),
  "99th percentile for a specific method": (quantiles, nodes) => {
    expect(labels(quantiles, "method_name")).toEqual(["SendMessage"]);
    expect(labels(quantiles, "node")).toEqual(nodes.toSorted());
  },
  "Methods taking longer than 100ms (p95)": (slow) => expect(Math.min(1, ...numbers(slow))).toBeGreaterThan(0.1),
  "Shard distribution across all nodes": (shares, nodes) => {
    expect(labels(shares, "node")).toEqual(nodes.toSorted());
    expect(shares.every(({ value }) => value >= Math.floor(SHARDS / 3))).toBe(true);
  },
  "Total shards in the cluster": ([total]) => expect(total?.value).toBe(SHARDS),
  "Check for unbalanced shard distribution (find max - min)": ([difference]) =>
    expect(difference?.value).toBeLessThanOrEqual(1),
  "Total connected clients across all nodes": ([total]) => expect(total?.value).toBe(10),
  "Connected clients by node": (clients) => expect(numbers(clients)).toEqual([0]),
  "Connected clients by type": (types) =>
    expect(Object.fromEntries(types.map(({ metric, value }) => [metric["client_type"], value]))).toEqual({
      grpc: 5,
      sse: 5,
    }),
  "Total shard claims by node": (claims) => expect(Math.min(...numbers(claims))).toBeGreaterThanOrEqual(2730),
  "Total shard releases by node": (releases, nodes) => expect(labels(releases, "node")).toEqual(nodes.toSorted()),
  "Shard claim rate (claims per second over 5 minutes)": (rates) =>
    expect(Math.max(...numbers(rates))).toBeGreaterThan(0),
  "Shard release rate (releases per second over 5 minutes)": (rates) =>
    expect(Math.max(...numbers(rates))).toBeGreaterThan(0),
  // Away from the first node, and back to it.
  "Total completed migrations across all nodes": ([total]) => expect(total?.value).toBeGreaterThanOrEqual(2 * 2730),
  "Migration rate (migrations per second over 5 minutes)": ([rate]) => expect(rate?.value).toBeGreaterThan(0),
  "Migrations by direction (from_node to to_node)": ([moved, ...rest]) => {
    expect(moved?.value).toBeGreaterThanOrEqual(1300);
    expect(rest).toEqual([]);
  },
  "Most active migration paths": (paths) => {
    expect(paths).toHaveLength(5);
    expect(numbers(paths)).toEqual(numbers(paths).toSorted((a, b) => b - a));
  },
  "Current number of shards in migration": (views) => expect(numbers(views)).toEqual([0, 0, 0]),
  "Percentage of shards currently migrating": (views) => expect(numbers(views)).toEqual([0, 0, 0]),
  // Nobody lost a lease: what was claimed and not released is what is owned.
  "Net shard churn per node (claims - releases)": async (churn, _, prometheus) => {
    const owned = await prometheus.query("sum by (node) (goverse_shards_total)");
    expect(byNode(churn)).toEqual(byNode(owned));
  },
};

function labels(results: readonly QueryResult[], name: string): readonly string[] {
  return [...new Set(results.map(({ metric }) => metric[name] ?? ""))].sort();
}

function numbers(results: readonly QueryResult[]): readonly number[] {
  return results.map(({ value }) => value).filter((value) => !Number.isNaN(value));
}

function byNode(results: readonly QueryResult[]): Readonly<Record<string, number>> {
  return Object.fromEntries(results.map(({ metric, value }) => [metric["node"], value]));
}

/** Calls a second of the series that `metric` names. */
async function callRate(prometheus: RealPrometheus, metric: QueryResult["metric"]): Promise<number | undefined> {
  const matchers = Object.entries(metric).map(([name, value]) => `${name}="${value}"`);
  return prometheus.value(`rate(goverse_method_call_duration_count{${matchers.join(",")}}[5m])`);
}

/** Our rules and our scrape configuration for discovery, with one URL and in a hurry. */
function config(gateHttp: string): string {
  return readFileSync(join(OPS, "prometheus-sd.yml"), "utf8")
    .replaceAll(/^ +- url: "http:\/\/localhost:9090\/sd"\n.*\n/gm, "")
    .replace("localhost:8080", gateHttp)
    .replaceAll(/(interval:) 15s/g, "$1 1s")
    .replaceAll(new RegExp(`- (${RULE_FILES.join("|")})`, "g"), `- ${OPS}/$1`);
}

async function nodeLabel(opsAddress: string): Promise<string> {
  const info = parseSamples(await scrapeText(opsAddress)).find(({ name }) => name === "goverse_node_info");
  return info?.labels["node"] ?? "";
}

function definitionOf(role: Role, sample: string): MetricDefinition | undefined {
  return catalogueOf(role).find(({ name, type }) =>
    type === "histogram" ? sample.replace(/_(?:bucket|sum|count)$/, "") === name : sample === name,
  );
}

/** Until all shards are owned and at rest, and Prometheus has seen it, and everything else that takes two scrapes. */
async function settled(cluster: DevCluster, prometheus: RealPrometheus): Promise<void> {
  await until(async () => {
    const [owned, migrating, spread] = await Promise.all([
      prometheus.value("sum(goverse_shards_total)"),
      prometheus.value("max(goverse_shards_migrating)"),
      prometheus.value("max(goverse_shards_total) - min(goverse_shards_total)"),
    ]);
    const up = await prometheus.value('count(up{job="goverse"} == 1)');
    const calling = await prometheus.value("count(sum by (node) (rate(goverse_method_calls_total[5m])) > 0)");
    return (
      up === cluster.nodes.length + 1 && owned === SHARDS && migrating === 0 && Number(spread) <= 1 && calling === 3
    );
  }, 45_000);
}

/** Ends the first node in good order, waits until the others have its shards and Prometheus knows, and starts it again. */
async function restartFirstNode(cluster: DevCluster, prometheus: RealPrometheus): Promise<Program> {
  process.kill(cluster.nodePid(0), "SIGTERM");
  const [, args = ""] = await cluster.program.waitFor(/start it again: {2}pnpm start:node (.*)/);
  await until(
    async () => {
      const owned = await sumOver(cluster.nodes.slice(1), "goverse_shards_total");
      return owned === SHARDS && (await prometheus.value('count(up{job="goverse"} == 1)')) === cluster.nodes.length;
    },
    30_000,
    () => "the other nodes have all shards, and Prometheus has seen the node go",
  );
  const node = startProgram([...fromSource("apps/node/src/main.ts"), ...args.split(" ")]);
  await until(
    async () => sum(parseSamples(await scrapeText(cluster.nodes[0] ?? "")), "goverse_shards_total") > 0,
    30_000,
    () => `the node has shards again; it said: ${node.output()}`,
  );
  return node;
}
