import { contract, implement, type Remote } from "@goverse/core";
import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server } from "@goverse/server";
import { z } from "zod";
import { nact, type NactActor } from "./nact.ts";
import { type Candidate, measure } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = { rounds: 9, operationsPerRound: 20_000 };
const TIMEOUT_MS = 10_000;

const Counter = contract("Counter", {
  methods: { Next: { in: z.object({ by: z.number() }), out: z.number() }, Touch: {} },
});

interface Ask {
  readonly by: number;
  readonly replyTo: NactActor;
}

async function run(): Promise<readonly Row[]> {
  const completed = { actor: 0, object: 0 };
  const counter = implement(Counter, {
    state: () => ({ value: 0 }),
    methods: {
      Next: async (ctx, { by }) => {
        completed.object += 1;
        ctx.state.value += by;
        return ctx.state.value;
      },
      Touch: async (ctx) => {
        completed.object += 1;
        ctx.state.value += 1;
      },
    },
  });
  const system = nact.start();
  const actor = nact.spawn<number, Ask>(
    system,
    async (value = 0, { by, replyTo }, { self }) => {
      completed.actor += 1;
      nact.dispatch(replyTo, value + by, self);
      return value + by;
    },
    "counter",
  );
  const etcd = await startEmbeddedEtcd();
  const server = new Server({
    listenAddress: "localhost:0",
    etcdAddress: etcd.address,
    objects: [counter],
    expectNodes: 1,
  });
  await server.start();
  await server.ready;
  const rows = await measure(candidatesOf(actor, server.object(Counter, "general"), completed), ROUNDS);
  nact.stop(system);
  await server.stop();
  await etcd.stop();
  return rows;
}

function candidatesOf(
  actor: NactActor,
  object: Remote<typeof Counter>,
  completed: { readonly actor: number; readonly object: number },
): Candidate[] {
  return [
    {
      name: "nact: query an actor, message passed by reference",
      run: () => nact.query(actor, (replyTo) => ({ by: 1, replyTo }), TIMEOUT_MS),
      completed: () => completed.actor,
    },
    {
      name: "server.object(…).Touch(), no payload",
      run: () => object.Touch(),
      completed: () => completed.object,
      goal: "≤ 0.67",
    },
    {
      name: "server.object(…).Next({ by }), copied as JSON, checked by zod",
      run: () => object.Next({ by: 1 }),
      completed: () => completed.object,
    },
  ];
}

/** One question after the other to one object of the same process, through the typed proxy. */
export const benchmark: Benchmark = {
  title: "Asking an object of the same process, one question after the other",
  about:
    "The typed proxy of a whole server (shard map, lease, deadline, retry rules, metrics) against `query` of nact with its timeout. " +
    "CPU time for each question.",
  boundBy:
    "five promises between the proxy and the reply, six looks at the clock (time limit, attempt, arrival, duration, and the lease " +
    "before and after the turn), parsing and hashing the id, and an id for the call. nact does none of these but one promise " +
    "and its timer",
  run,
};
