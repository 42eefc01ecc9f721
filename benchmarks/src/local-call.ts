/*
 * What a call to an object of the same process costs beside calling its method: ownership, turn order, deadline, validation, payloads
 * and metrics. The baseline awaits the same method after the same number of map look-ups.
 *
 *   pnpm --filter @goverse/benchmarks bench
 */
import {
  contract,
  implement,
  jsonPayload,
  parseAddress,
  parseObjectId,
  type Payload,
  type Schema,
} from "@goverse/core";
import { createMetrics } from "@goverse/metrics";
import { type Invocation, Node } from "@goverse/node";
import { z } from "zod";
import { measure, print } from "./rounds.ts";

const ROUNDS = { rounds: 9, operationsPerRound: 100_000 };
const SHARDS = 8192;

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
  methods: { Empty: {}, Bytes: { in: bytes, out: bytes }, Json: { in: message, out: message } },
});
const target = implement(Target, {
  state: () => ({}),
  methods: { Empty: async () => {}, Bytes: async (_ctx, input) => input, Json: async (_ctx, input) => input },
});

const address = parseAddress("localhost:47000");
const node = new Node({
  address,
  shardCount: SHARDS,
  implementations: [target],
  ownership: { epochOf: () => 1 },
  calls: { call: () => Promise.resolve(undefined) },
  pushes: { push: () => {} },
  metrics: createMetrics({ node: address, role: "node", processMetrics: false }),
  incarnation: () => 1,
});

const id = parseObjectId("general", SHARDS);

function through(method: string, payload: Payload | undefined): () => Promise<unknown> {
  const caller = { clientId: undefined };
  return () => {
    const invocation: Invocation = {
      type: "Target",
      id,
      method,
      payload,
      caller,
      callId: "benchmark",
      chain: [],
      deadlineMs: performance.now() + 10_000,
    };
    return node.invoke(invocation);
  };
}

/** Type → its methods and its objects by shard: the look-ups that a node does, without the node. */
const handler = async (_state: unknown, input: unknown): Promise<unknown> => input;
const types = new Map([
  ["Target", { methods: new Map([["Empty", handler]]), shards: new Map([[0, new Map([["general", {}]])]]) }],
]);
async function bare(): Promise<unknown> {
  const type = types.get("Target");
  const state = type?.shards.get(0)?.get("general");
  return type?.methods.get("Empty")?.(state, undefined);
}

const measured = await measure(
  [
    { name: "bare awaited method, same look-ups", run: bare },
    { name: "Node.invoke, no payload", run: through("Empty", undefined) },
    {
      name: "Node.invoke, 64 bytes in and out",
      run: through("Bytes", { typeUrl: "type.googleapis.com/benchmark.Bytes", bytes: new Uint8Array(64) }),
    },
    { name: "Node.invoke, JSON in and out, zod", run: through("Json", jsonPayload('{"text":"hello","n":1}')) },
  ],
  ROUNDS,
);
print("A call to an object of the same process", measured);
await node.stop(performance.now());
