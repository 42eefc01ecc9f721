import { contract, implement, parseAddress, parseObjectId } from "@goverse/core";
import { createMetrics } from "@goverse/metrics";
import { Node } from "@goverse/node";
import { median, spreadOf } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = 3;
const OBJECTS = 200_000;
const SHARDS = 8192;

class Player {
  x = 0;
  y = 0;
  health = 100;
}

/** Objects in memory, and how to let them go. */
interface Held {
  readonly count: () => number;
  readonly release: () => void | Promise<void>;
}

interface Cost {
  readonly bytes: number;
  readonly ns: number;
}

const shapes: Readonly<Record<string, () => Promise<Held>>> = {
  "ids only, in a Map": async () => {
    const map = new Map<string, number>();
    for (let i = 0; i < OBJECTS; i += 1) map.set(idOf(i), 0);
    return { count: () => map.size, release: () => map.clear() };
  },
  "an instance with three numbers, by new and Map.set": async () => {
    const map = new Map<string, Player>();
    for (let i = 0; i < OBJECTS; i += 1) map.set(idOf(i), new Player());
    return { count: () => map.size, release: () => map.clear() };
  },
  "an idle object of a node, with the same state, by its first call": async () => {
    const node = createNode();
    for (let i = 0; i < OBJECTS; i += 1) await node.invoke(invocationOf(idOf(i)));
    return { count: () => [...node.objects()].length, release: () => node.stop(performance.now()) };
  },
};

/** 26 characters, as ids of real things have. */
function idOf(index: number): string {
  const scattered = (Math.imul(index, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  return `Player-${scattered}-${String(index).padStart(10, "0")}`;
}

function createNode(): Node {
  const Target = contract("Player", { methods: { Touch: {} } });
  const address = parseAddress("localhost:47000");
  return new Node({
    address,
    shardCount: SHARDS,
    implementations: [implement(Target, { state: () => new Player(), methods: { Touch: () => {} } })],
    ownership: { epochOf: () => 1 },
    calls: { call: () => Promise.reject(new Error("no object of this benchmark calls another")) },
    pushes: { push: () => {} },
    metrics: createMetrics({ node: address, role: "node" }),
    incarnation: () => 1,
  });
}

function invocationOf(id: string): Parameters<Node["invoke"]>[0] {
  return {
    type: "Player",
    id: parseObjectId(id, SHARDS),
    method: "Touch",
    payload: undefined,
    caller: { clientId: undefined },
    callId: "benchmark",
    chain: [],
    deadlineMs: Number.POSITIVE_INFINITY,
  };
}

async function weigh(make: () => Promise<Held>): Promise<Cost> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("this benchmark needs node --expose-gc");
  collect();
  const before = process.memoryUsage().heapUsed;
  const started = process.cpuUsage();
  const held = await make();
  const { user, system } = process.cpuUsage(started);
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / OBJECTS;
  const count = held.count();
  if (count !== OBJECTS) throw new Error(`${count} of ${OBJECTS} objects are in memory`);
  await held.release();
  return { bytes, ns: ((user + system) * 1000) / OBJECTS };
}

async function run(): Promise<readonly Row[]> {
  const taken = new Map<string, Cost[]>(Object.keys(shapes).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, make] of Object.entries(shapes)) {
      const cost = await weigh(make);
      if (round > 0) taken.get(name)?.push(cost);
    }
  }
  const [ids = [], instances = [], objects = []] = taken.values();
  const [idsName = "", instancesName = "", objectsName = ""] = taken.keys();
  return [
    { name: idsName, ...spreadOf(ids.map(({ bytes }) => bytes)), unit: "bytes" },
    { name: instancesName, ...against("bytes", instances, ids) },
    { name: objectsName, ...against("bytes", objects, ids), goal: "≤ 2" },
    { name: `making it: ${instancesName}`, ...spreadOf(instances.map(({ ns }) => ns)), unit: "ns" },
    { name: `making it: ${objectsName}`, ...against("ns", objects, instances), goal: "≤ 10" },
  ];
}

function against(unit: keyof Cost, costs: readonly Cost[], baseline: readonly Cost[]): Omit<Row, "name"> {
  const quotients = costs.map((cost, round) => cost[unit] / (baseline[round]?.[unit] ?? Number.NaN));
  return { ...spreadOf(costs.map((cost) => cost[unit])), unit, ratio: median(quotients) };
}

/** What an object costs that nobody calls. */
export const benchmark: Benchmark = {
  title: "An idle object: memory, and making it",
  about:
    `${OBJECTS.toLocaleString("en")} objects with ids of 26 characters in ${SHARDS} shards. Bytes of heap after a full collection, the ` +
    "id and the state included; CPU time from the id to the object in memory, parsing, activation and reply of the first call included.",
  boundBy:
    "the cell of eleven fields, about as large as the entry of a Map with its id; making one costs parsing the id and a first call, " +
    "and, for both, the growing of Maps",
  run,
};
