import {
  contract,
  implement,
  jsonPayload,
  type ObjectId,
  parseAddress,
  parseObjectId,
  type Payload,
  type Schema,
} from "@goverse/core";
import { createMetrics } from "@goverse/metrics";
import { type InvocationReply, Node } from "@goverse/node";
import { z } from "zod";
import { type Candidate, measure } from "./rounds.ts";
import type { Benchmark } from "./suite/benchmark.ts";

const ROUNDS = { rounds: 9, operationsPerRound: 100_000, inFlight: 64 };
const SHARDS = 8192;
const OBJECTS = 100_000;
/** Visits all objects in an order that no cache foresees: prime to their number. */
const STRIDE = 7919;

/** Travels as the bytes it is. */
const bytes: Schema<Uint8Array> = {
  "~standard": { version: 1, vendor: "benchmark", validate: (value) => ({ value: value as Uint8Array }) },
  "~wire": {
    typeName: "benchmark.Bytes",
    encode: (value) => value as Uint8Array,
    decode: (value) => value,
    toJsonText: () => "null",
    fromJsonText: () => new Uint8Array(),
  },
};
const message = z.object({ text: z.string(), n: z.number() });
const Target = contract("Target", {
  methods: { Empty: {}, Sync: {}, Bytes: { in: bytes, out: bytes }, Json: { in: message, out: message } },
});

let done = 0;
const completed = (): number => done;

const target = implement(Target, {
  state: () => ({ calls: 0 }),
  methods: {
    Empty: async (ctx) => {
      done += 1;
      ctx.state.calls += 1;
    },
    Sync: (ctx) => {
      done += 1;
      ctx.state.calls += 1;
    },
    Bytes: async (ctx, input) => {
      done += 1;
      ctx.state.calls += 1;
      return input;
    },
    Json: async (ctx, input) => {
      done += 1;
      ctx.state.calls += 1;
      return input;
    },
  },
});

function createNode(): Node {
  const address = parseAddress("localhost:47000");
  return new Node({
    address,
    shardCount: SHARDS,
    implementations: [target],
    ownership: { epochOf: () => 1 },
    calls: { call: () => Promise.reject(new Error("no object of this benchmark calls another")) },
    pushes: { push: () => {} },
    metrics: createMetrics({ node: address, role: "node" }),
    incarnation: () => 1,
  });
}

interface Plain {
  calls: number;
}
type Method = (state: Plain) => Promise<void>;

/** Type → its methods and its objects by shard: the look-ups that a node does, without the node. */
class PlainObjects {
  readonly #types = new Map<string, { methods: Map<string, Method>; shards: (Map<string, Plain> | undefined)[] }>();

  constructor(ids: readonly ObjectId[]) {
    const shards: (Map<string, Plain> | undefined)[] = Array.from({ length: SHARDS }, () => undefined);
    for (const id of ids) {
      const shard = id.place.kind === "shard" ? id.place.shard : -1;
      const objects = shards[shard] ?? new Map<string, Plain>();
      shards[shard] = objects.set(id.text, { calls: 0 });
    }
    const increment = async (state: Plain): Promise<void> => {
      done += 1;
      state.calls += 1;
    };
    this.#types.set("Target", { methods: new Map([["Empty", increment]]), shards });
  }

  async call(typeName: string, id: ObjectId, methodName: string): Promise<void> {
    const type = this.#types.get(typeName);
    const state = type?.shards[id.place.kind === "shard" ? id.place.shard : -1]?.get(id.text);
    const method = type?.methods.get(methodName);
    if (state === undefined || method === undefined) throw new Error(`${id.text} is not there`);
    return method(state);
  }
}

const caller = { clientId: undefined };

function invoke(node: Node, id: ObjectId, method: string, payload: Payload | undefined): Promise<InvocationReply> {
  return node.invoke({
    type: "Target",
    id,
    method,
    payload,
    caller,
    callId: "benchmark",
    chain: [],
    deadlineMs: Number.POSITIVE_INFINITY,
  });
}

async function run(): ReturnType<Benchmark["run"]> {
  const ids = Array.from({ length: OBJECTS }, (_, i) => parseObjectId(`Player-${i}`, SHARDS));
  const any = (i: number): ObjectId => ids[(i * STRIDE) % OBJECTS] as ObjectId;
  const one = ids[0] as ObjectId;
  const plain = new PlainObjects(ids);
  const node = createNode();
  for (const id of ids) await invoke(node, id, "Empty", undefined);
  const binary: Payload = { typeUrl: "type.googleapis.com/benchmark.Bytes", bytes: new Uint8Array(128) };
  const json = jsonPayload(JSON.stringify({ text: "x".repeat(100), n: 1 }));
  const through = (method: string, payload?: Payload) => (i: number) => invoke(node, any(i), method, payload);
  const many: Candidate[] = [
    { name: "bare awaited method after the same look-ups", run: (i) => plain.call("Target", any(i), "Empty") },
    { name: "Node.invoke, no payload", run: through("Empty"), goal: "≤ 1.5" },
    { name: "Node.invoke, 128 bytes in and out", run: through("Bytes", binary), goal: "≤ 1.5" },
    { name: "Node.invoke, method that answers at once", run: through("Sync") },
    { name: "Node.invoke, JSON in and out, checked by zod", run: through("Json", json) },
  ];
  const single: Candidate[] = [
    { name: "one object, one call at a time: bare awaited method", run: () => plain.call("Target", one, "Empty") },
    {
      name: "one object, one call at a time: Node.invoke, no payload",
      run: () => invoke(node, one, "Empty", undefined),
    },
  ];
  const counted = (candidates: readonly Candidate[]) => candidates.map((candidate) => ({ ...candidate, completed }));
  const rows = [
    ...(await measure(counted(many), ROUNDS)),
    ...(await measure(counted(single), { ...ROUNDS, inFlight: 1 })),
  ];
  await node.stop(performance.now());
  return rows;
}

/** Calls to objects of the same process. */
export const benchmark: Benchmark = {
  title: "A call to an object of the same process",
  about:
    `Routing, turn order, ownership, deadline and all metrics, for one of ${OBJECTS.toLocaleString("en")} objects at random, ` +
    "64 calls in flight (the last two rows: always the same object, one call after the other); the baseline awaits the same method after the same map look-ups. CPU time for each call.",
  boundBy:
    "among many objects both wait for memory, and a call of a node touches one object more than the baseline, the cell that says who " +
    "runs on it. With one object, all in the cache, what remains is what the baseline does not promise: a promise that a deadline may " +
    "settle before the method ends, two looks at the clock for the deadline and the duration, and the record of the turn. " +
    "Of the call with JSON, reading and writing JSON is a third and making the bytes of the reply a quarter; zod hardly shows",
  run,
};
