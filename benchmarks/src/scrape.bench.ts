import { createMetrics, ObjectCounts } from "@goverse/metrics";
import { Gauge, Registry } from "prom-client";
import { median, spreadOf } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = 7;
const SHARDS = 8192;
const NODE = "localhost:47000";

/** A scrape, and the longest stretch in which it let nothing else run; both in milliseconds of CPU time. */
interface Scrape {
  readonly totalMs: number;
  readonly longestMs: number;
}

async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const types of [1, 10]) {
    const names = Array.from({ length: types }, (_, i) => `Type${i}`);
    const scrapers = { "prom-client": promClient(names), "our writer": own(names) };
    const taken = new Map<string, Scrape[]>(Object.keys(scrapers).map((name) => [name, []]));
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, scrape] of Object.entries(scrapers)) {
        const took = await watch(scrape, types * SHARDS);
        if (round > 0) taken.get(name)?.push(took);
      }
    }
    rows.push(...rowsOf(types * SHARDS, taken, "longestMs", "longest block"));
    rows.push(...rowsOf(types * SHARDS, taken, "totalMs", "whole scrape"));
  }
  return rows;
}

function rowsOf(series: number, taken: Map<string, Scrape[]>, field: keyof Scrape, what: string): Row[] {
  const baseline = taken.get("prom-client") ?? [];
  return [...taken].map(([name, scrapes]) => ({
    name: `${series.toLocaleString("en")} series, ${what}: ${name}`,
    ...spreadOf(scrapes.map((scrape) => scrape[field])),
    unit: "ms",
    ratio:
      scrapes === baseline
        ? undefined
        : median(scrapes.map((scrape, round) => scrape[field] / (baseline[round]?.[field] ?? Number.NaN))),
  }));
}

function promClient(types: readonly string[]): () => Promise<string> {
  const registry = new Registry();
  const labelNames = ["node", "type", "shard"];
  const gauge = new Gauge({ name: "goverse_objects_total", help: "Objects", labelNames, registers: [registry] });
  for (const type of types) {
    for (let shard = 0; shard < SHARDS; shard += 1) gauge.set({ node: NODE, type, shard: String(shard) }, 3);
  }
  return () => registry.metrics();
}

function own(types: readonly string[]): () => Promise<string> {
  const metrics = createMetrics({ node: NODE, role: "node", processMetrics: false });
  const counts = new ObjectCounts(SHARDS);
  metrics.observeObjects(counts);
  for (const type of types) {
    const index = counts.typeIndex(type);
    for (let shard = 0; shard < SHARDS; shard += 1) for (let i = 0; i < 3; i += 1) counts.activated(index, shard);
  }
  return async () => (await metrics.expose({ names: new Set(["goverse_objects_total"]) })).chunks.join("");
}

async function watch(scrape: () => Promise<string>, series: number): Promise<Scrape> {
  let running = true;
  let longestMs = 0;
  let since = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(since);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    since = process.cpuUsage();
    if (running) setImmediate(look);
  };
  setImmediate(look);
  await new Promise((resolve) => setImmediate(resolve));
  longestMs = 0;
  const started = process.cpuUsage();
  const text = await scrape();
  const { user, system } = process.cpuUsage(started);
  running = false;
  await new Promise((resolve) => setImmediate(resolve));
  const lines = text.split("\n").filter((line) => line.startsWith("goverse_objects_total{")).length;
  if (lines !== series) throw new Error(`a scrape showed ${lines} of ${series} series`);
  return { totalMs: (user + system) / 1000, longestMs };
}

/** What a scrape costs, and how long it lets nothing else run. */
export const benchmark: Benchmark = {
  title: "A scrape of many series",
  about:
    "`goverse_objects_total` of 1 and of 10 types in 8,192 shards, against prom-client's own registry with the same series. CPU time; " +
    "the longest block is the longest stretch between two turns of the event loop.",
  boundBy:
    "joining strings and formatting numbers; ours keeps the text of the labels and gives way after some thousand lines, prom-client " +
    "builds everything in one stretch",
  run,
};
