import { parseAddress, type Plan, plan, type PlanNode, ShardMap } from "@goverse/core";
import { createMetrics, ObjectCounts } from "@goverse/metrics";
import { spreadOf } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = 5;
const SHARDS = 8192;
const NODES = 1000;

const addresses = Array.from({ length: NODES }, (_, i) => parseAddress(`node-${i}.goverse.internal:48000`));
const nodes: readonly PlanNode[] = addresses.map((address, i) => ({ address, incarnation: 1000 + i, draining: false }));

/** What one look gives: a figure in the unit of its row. */
type Look = () => number | Promise<number>;

async function run(): Promise<readonly Row[]> {
  const looks: readonly (readonly [name: string, unit: string, look: Look])[] = [
    ["one shard in the map of a process: both keys, parsed", "bytes", shardBytes],
    ["one scraped series of goverse_objects_total, on the wire", "bytes", async () => (await scrapeOne()).bytes],
    ["one scraped series of goverse_objects_total, CPU", "ns", async () => (await scrapeOne()).ns],
    [`first plan: ${SHARDS} shards for ${NODES} nodes`, "ms", () => timePlan(new ShardMap(SHARDS), nodes, SHARDS)],
    [`one of ${NODES} nodes dies`, "ms", () => timePlan(settled(nodes), nodes.slice(1), sharesOf(0))],
    [`one node joins ${NODES - 1}`, "ms", () => timePlan(settled(nodes.slice(1)), nodes, undefined)],
    [`nothing to do, ${NODES} nodes`, "ms", () => timePlan(settled(nodes), nodes, 0)],
  ];
  const taken = looks.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, [, , look]] of looks.entries()) {
      const found = await look();
      if (round > 0) taken[index]?.push(found);
    }
  }
  return looks.map(([name, unit], index) => ({ name, ...spreadOf(taken[index] ?? []), unit }));
}

/** A map in which every node owns what a first plan gives it. */
function settled(owners: readonly PlanNode[]): ShardMap {
  const map = new ShardMap(SHARDS);
  const incarnations = new Map(owners.map(({ address, incarnation }) => [address, incarnation]));
  for (const { shard, target } of plan({ map, nodes: owners }).assignments) {
    map.applyShard(shard, 1, `${target},${target}`);
    map.applyEpoch(shard, 1, `${target},${incarnations.get(target) ?? 0}`);
  }
  return map;
}

function sharesOf(index: number): number {
  const address = addresses[index];
  return address === undefined ? 0 : settled(nodes).targetedAt(address);
}

/** Milliseconds of CPU for one plan, which must move `expected` shards. */
function timePlan(map: ShardMap, among: readonly PlanNode[], expected: number | undefined): number {
  const started = process.cpuUsage();
  const made: Plan = plan({ map, nodes: among });
  const { user, system } = process.cpuUsage(started);
  const moved = made.assignments.length;
  if (expected !== undefined && moved !== expected) throw new Error(`${moved} shards moved instead of ${expected}`);
  return (user + system) / 1000;
}

function shardBytes(): number {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("this benchmark needs node --expose-gc");
  collect();
  const before = process.memoryUsage().heapUsed;
  const map = settled(nodes.slice(0, 10));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / SHARDS;
  if (map.assigned !== SHARDS) throw new Error("the map is not full");
  return bytes;
}

async function scrapeOne(): Promise<{ readonly bytes: number; readonly ns: number }> {
  const metrics = createMetrics({ node: "node-0.goverse.internal:48000", role: "node", processMetrics: false });
  const counts = new ObjectCounts(SHARDS);
  metrics.observeObjects(counts);
  for (let type = 0; type < 10; type += 1) {
    const index = counts.typeIndex(`Type${type}`);
    for (let shard = 0; shard < SHARDS; shard += 1) counts.activated(index, shard);
  }
  const started = process.cpuUsage();
  const { chunks } = await metrics.expose({ names: new Set(["goverse_objects_total"]) });
  const { user, system } = process.cpuUsage(started);
  const series = 10 * SHARDS;
  return {
    bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) / series,
    ns: ((user + system) * 1000) / series,
  };
}

/** The unit costs from which `docs/scaling.md` reckons. */
export const benchmark: Benchmark = {
  title: "Unit costs of a large cluster",
  about:
    "What one more of something costs, in this process: the figures behind [Scaling](scaling.md). Bytes of heap after a full " +
    "collection, or of text; CPU time. No baselines.",
  boundBy:
    "the map keeps two objects and their strings for each shard; the planner sorts nodes and walks the shards a few times",
  run,
};
