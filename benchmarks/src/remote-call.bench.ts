import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client, credentials } from "@grpc/grpc-js";
import { parseAddress } from "@goverse/core";
import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { LinkClient, type PeerCall } from "@goverse/protocol/grpc";
import { Server } from "@goverse/server";
import type { RemoteAddresses } from "./remote-call-server.ts";
import { callTcp } from "./remote/raw-tcp.ts";
import { PAYLOAD_BYTES, Target, target } from "./remote/target.ts";
import { median, spreadOf } from "./rounds.ts";
import type { Benchmark, Row } from "./suite/benchmark.ts";

const ROUNDS = 7;
/** How long one way is measured in one round, in milliseconds: under load, and with one call under way. */
const LOADED_MS = 700;
const SINGLE_MS = 250;
const IN_FLIGHT = 64;
const OBJECTS = 1000;

/** One way to call another process: with a handler that gives way at random, and with one that answers at once. */
interface Way {
  readonly name: string;
  readonly loaded: () => Promise<unknown>;
  readonly single: () => Promise<unknown>;
}

/** What one way did in one round. */
interface Sample {
  readonly callsPerSecond: number;
  readonly cpuNs: number;
  readonly p50Ns: number;
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, "message");
  child.send("cpu");
  const [theirs] = (await answer) as [number];
  const { user, system } = process.cpuUsage();
  return theirs + user + system;
}

async function measureLoaded(call: Way["loaded"], child: ChildProcess): Promise<Omit<Sample, "p50Ns">> {
  const cpuBefore = await cpuOf(child);
  const startedMs = performance.now();
  let completed = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedMs < LOADED_MS) {
      await call();
      completed += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  const tookMs = performance.now() - startedMs;
  const cpuUs = (await cpuOf(child)) - cpuBefore;
  return { callsPerSecond: (completed * 1000) / tookMs, cpuNs: (cpuUs * 1000) / completed };
}

async function measureSingle(call: Way["single"]): Promise<number> {
  const taken: number[] = [];
  const endMs = performance.now() + SINGLE_MS;
  while (performance.now() < endMs) {
    const startedNs = process.hrtime.bigint();
    await call();
    taken.push(Number(process.hrtime.bigint() - startedNs));
  }
  return median(taken);
}

function waysTo({ tcpPort, grpcPort, node }: RemoteAddresses, caller: Server): readonly Way[] {
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(7);
  const call = (method: string): PeerCall => ({
    type: "Target",
    id: "Player-8f3a2c10-1b7e-4c",
    method,
    payload: { typeUrl: "type.googleapis.com/benchmark.Bytes", bytes: payload },
    callId: "0b8f6f1e-7a1d-4c39-9a55-0d7c2f3b6a10",
  });
  const [moving, steady] = [call("Bytes"), call("StepBytes")];
  const tcp = callTcp(tcpPort);
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const unary = (message: Buffer): Promise<unknown> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest("/benchmark.Echo/Call", asIs, asIs, message, (error, reply) =>
        error === null ? resolve(reply) : reject(error),
      );
    });
  // The first byte says whether the handler gives way.
  const [moveMessage, stepMessage] = [Buffer.alloc(130, 0), Buffer.alloc(130, 1)];
  const link = new LinkClient(parseAddress(`127.0.0.1:${grpcPort}`), {
    identity: { cluster: "/b", shardCount: 1, address: "caller:1", incarnation: () => 1, role: "node" },
    unary: () => Promise.reject(new Error("the peer offers links")),
  });
  const within = { timeoutMs: 10_000 };
  // Many objects: the turns of one wait for each other.
  const objects = Array.from({ length: OBJECTS }, (_, i) => caller.object(Target, `${node}/target-${i}`));
  let turn = 0;
  const next = (): (typeof objects)[number] => objects[(turn += 1) % OBJECTS] ?? caller.object(Target, "none");
  const text = { text: "hello, world", n: 1 };
  return [
    { name: "raw TCP, same frames", loaded: () => tcp(moving), single: () => tcp(steady) },
    { name: "grpc-js unary echo", loaded: () => unary(moveMessage), single: () => unary(stepMessage) },
    { name: "the link alone", loaded: () => link.call(moving, within), single: () => link.call(steady, within) },
    { name: "an object call, bytes", loaded: () => next().Bytes(payload), single: () => next().StepBytes(payload) },
    { name: "an object call, JSON and zod", loaded: () => next().Json(text), single: () => next().Json(text) },
  ];
}

async function measureAll(ways: readonly Way[], child: ChildProcess): Promise<Sample[][]> {
  const samples = ways.map((): Sample[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, { loaded, single }] of ways.entries()) {
      const sample = { ...(await measureLoaded(loaded, child)), p50Ns: await measureSingle(single) };
      // The first round warms up.
      if (round > 0) samples[index]?.push(sample);
    }
  }
  return samples;
}

/** The rows of one figure; `baseline` is the index of the way that the others are compared with. */
function rowsOf(ways: readonly Way[], samples: readonly Sample[][], figure: Figure): readonly Row[] {
  const { of, what, unit, baseline, goals } = figure;
  const base = (samples[baseline] ?? []).map(of);
  return ways.flatMap(({ name }, index) => {
    if (figure.leftOut === index) return [];
    const taken = (samples[index] ?? []).map(of);
    const ratio = median(taken.map((value, round) => value / (base[round] ?? Number.NaN)));
    const goal = goals.get(index);
    return [
      { name: `${what}: ${name}`, ...spreadOf(taken), unit, ratio: index === baseline ? undefined : ratio, goal },
    ];
  });
}

interface Figure {
  readonly what: string;
  readonly of: (sample: Sample) => number;
  readonly unit: string;
  readonly baseline: number;
  readonly goals: ReadonlyMap<number, string>;
  /** Index of a way that says nothing about the figure. */
  readonly leftOut?: number;
}

const TCP = 0;
const UNARY = 1;
const LINK = 2;
const STACK = 3;
const JSON_STACK = 4;

const FIGURES: readonly Figure[] = [
  {
    what: `${IN_FLIGHT} in flight`,
    of: ({ callsPerSecond }) => callsPerSecond,
    unit: "calls/s",
    baseline: UNARY,
    goals: new Map([[STACK, "≥ 12"]]),
  },
  {
    what: "CPU of both sides",
    of: ({ cpuNs }) => cpuNs,
    unit: "ns",
    baseline: TCP,
    goals: new Map([
      [LINK, "≤ 1.6"],
      [STACK, "≤ 2.5"],
    ]),
  },
  {
    what: "p50, one in flight",
    of: ({ p50Ns }) => p50Ns,
    unit: "ns",
    baseline: UNARY,
    goals: new Map([[STACK, "≤ 0.35"]]),
    leftOut: JSON_STACK,
  },
];

async function run(): Promise<readonly Row[]> {
  const etcd = await startEmbeddedEtcd();
  const child = fork(fileURLToPath(new URL("remote-call-server.ts", import.meta.url)), [etcd.address]);
  try {
    const [addresses] = (await once(child, "message")) as [RemoteAddresses];
    const caller = new Server({
      listenAddress: "localhost:0",
      metricsListenAddress: "localhost:0",
      etcdAddress: etcd.address,
      shardCount: 64,
      objects: [target()],
    });
    await caller.start();
    await caller.ready;
    const ways = waysTo(addresses, caller);
    const samples = await measureAll(ways, child);
    return FIGURES.flatMap((figure) => rowsOf(ways, samples, figure));
  } finally {
    child.kill("SIGKILL");
  }
}

/** What a call to an object in another process costs. */
export const benchmark: Benchmark = {
  title: "Calls to another process",
  about:
    "One process calls another over loopback, with messages of about 130 bytes; each has one event loop. Handlers give way to the " +
    "event loop 0 to 5 times at random, except where one call is in flight: there they answer at once. The link alone is the stream " +
    "with credits, deadlines and its codec; an object call goes through proxy, router, link, mailbox, method and metrics, and back. " +
    "The baseline of CPU is plain TCP with the very frames, codec and batching of the link; the others' is an echo by grpc-js whose " +
    "messages nobody encodes.",
  boundBy:
    "The calling process of an object call: 44 % of its active time are garbage collection and the runtime itself (sockets, promises); " +
    "the rest is flat, no function takes more than 5 %. Garbage are the promises, records and payloads that proxy, router and link " +
    "make for each call; the called process has those of link, node and mailbox.",
  run,
};
