import { contract, implement, parseAddress, parseObjectId } from "@goverse/core";
import { createMetrics } from "@goverse/metrics";
import { Node } from "@goverse/node";
import { type Candidate, measure } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = { rounds: 9, operationsPerRound: 50_000, inFlight: 64 };
const SHARDS = 8192;
const OBJECTS = 10_000;
/** Most times that a method gives way before it returns; how often is different each time, so that nothing runs in step. */
const MAX_YIELDS = 3;

const Target = contract("Target", { methods: { Work: {} } });

async function run(): Promise<readonly Row[]> {
  let done = 0;
  let seed = 1;
  const target = implement(Target, {
    state: () => ({ calls: 0 }),
    methods: {
      Work: async (ctx) => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        for (let yields = (seed >>> 16) % (MAX_YIELDS + 1); yields > 0; yields -= 1) await Promise.resolve();
        ctx.state.calls += 1;
        done += 1;
      },
    },
  });
  const address = parseAddress("localhost:47000");
  const node = new Node({
    address,
    shardCount: SHARDS,
    implementations: [target],
    ownership: { epochOf: () => 1 },
    calls: { call: () => Promise.reject(new Error("no object of this benchmark calls another")) },
    pushes: { push: () => {} },
    metrics: createMetrics({ node: address, role: "node" }),
    incarnation: () => 1,
  });
  const ids = Array.from({ length: OBJECTS }, (_, i) => parseObjectId(`object-${i}`, SHARDS));
  const call = (index: number): Promise<unknown> =>
    node.invoke({
      type: "Target",
      id: ids[index] ?? parseObjectId("none", SHARDS),
      method: "Work",
      payload: undefined,
      caller: { clientId: undefined },
      callId: "benchmark",
      chain: [],
      deadlineMs: Number.POSITIVE_INFINITY,
    });
  const completed = (): number => done;
  const candidates: Candidate[] = [
    { name: `${OBJECTS.toLocaleString("en")} objects`, run: (i) => call(i % OBJECTS), completed },
    { name: "one object", run: () => call(0), completed, goal: "≤ 1.25" },
  ];
  const rows = await measure(candidates, ROUNDS);
  await node.stop(performance.now());
  return rows;
}

/** Whether a single object that everybody calls is slower than many. */
export const benchmark: Benchmark = {
  title: "One hot object against many",
  about:
    "64 calls in flight, to one object, whose turns therefore wait for each other, or to all in turn. Methods give way a random " +
    "number of times. CPU time for each call; the process does nothing else, so calls per second are its inverse.",
  boundBy:
    "the microtask queue, on which methods that give way come back one by one; waiting in the mailbox costs two pointers, and a single " +
    "object stays in the cache",
  run,
};
