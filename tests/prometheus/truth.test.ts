// An independent ledger is kept while a seeded random workload calls and destroys objects, connects and disconnects clients, and lets
// nodes join, stop, die and lose their leases. At every checkpoint each exported value equals the ledger.
// GOVERSE_TRUTH_SECONDS makes it run longer, GOVERSE_TRUTH_SEED repeats a run.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Client, createClient } from "@goverse/client";
import { createGrpcClient } from "@goverse/client/grpc";
import type { Gate } from "@goverse/gate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts, fromSource, type Program, ROOT, startProgram, until } from "../support/program.ts";
import { parseSamples, type ScrapedSample, scrapeText, sum } from "../support/scrape.ts";
import { BOOK_NODE, bookOn } from "./book.ts";
import { CallLedger } from "./call-ledger.ts";
import { EtcdLedger } from "./etcd-ledger.ts";
import { SHARDS, SmallCluster } from "./small-cluster.ts";
import { releaseHolds, Thing } from "./things.ts";

/** A minute where CI has the time for it; nobody at a desk should wait that long for one test. */
const SECONDS = Number(process.env["GOVERSE_TRUTH_SECONDS"] ?? (process.env["CI"] === "true" ? 60 : 15));
const SEED = Number(process.env["GOVERSE_TRUTH_SEED"] ?? Date.now() % 1_000_000);
const MAX_NODES = 4;
const OBJECT_COUNT = 60;
const CALLERS = 4;
/** How long the last watch events may take to reach every process. */
const NEWS_TIMEOUT_MS = 15_000;

interface LiveNode {
  readonly address: string;
  readonly ops: string;
  /** Ends it in good order. */
  stop(): Promise<unknown>;
  /** Only a process of its own can be killed. */
  readonly program?: Program;
}

let cluster: SmallCluster;
let shards: EtcdLedger;
let calls: CallLedger;
let gate: Gate;
let doors: readonly Client[];
const nodes: LiveNode[] = [];
const clients: { readonly type: "grpc" | "sse"; readonly client: Client }[] = [];
const random = mulberry32(SEED);
/** What was done, in order. */
const trail: string[] = [];
const done = new Map<string, number>();

beforeAll(async () => {
  cluster = await SmallCluster.start();
  shards = new EtcdLedger(cluster.etcd);
  calls = new CallLedger(shards);
  await joinHere();
  gate = await cluster.addGate();
  doors = [cluster.addClient(gate), createClient({ gates: [`http://${gate.httpAddress}`] })];
});
afterAll(async () => {
  await Promise.all(clients.map(({ client }) => client.close()));
  shards?.close();
  await cluster?.stop();
});

test(
  `every exported value equals the ledger (GOVERSE_TRUTH_SEED=${SEED})`,
  async () => {
    const endMs = performance.now() + SECONDS * 1_000;
    let checkpoints = 0;
    for (; performance.now() < endMs || checkpoints === 0; checkpoints += 1) {
      await disturb(pick(possible()));
      await checkpoint();
    }
    console.log(
      `${checkpoints} checkpoints, seed ${SEED}: ${[...done].map(([name, count]) => `${name} ${count}`).join(", ")}`,
    );
  },
  SECONDS * 1_000 + 120_000,
);

interface Disturbance {
  readonly name: string;
  /** Whether calls may go on meanwhile: after a crash nobody knows what became of those in flight. */
  readonly gentle: boolean;
  run(): Promise<unknown>;
}

/** What may be done now. */
function possible(): readonly Disturbance[] {
  const killable = nodes.filter(({ program }) => program !== undefined);
  const few = nodes.length < MAX_NODES;
  return [
    { name: "nothing", gentle: true, run: () => Promise.resolve() },
    { name: "clients", gentle: true, run: changeClients },
    { name: "destroy", gentle: false, run: destroySome },
    { name: "lease", gentle: false, run: () => loseLease(pick(nodes)) },
    ...(few ? [{ name: "join", gentle: true, run: joinHere }] : []),
    ...(few && killable.length < nodes.length ? [{ name: "join, held", gentle: false, run: joinHeld }] : []),
    ...(few ? [{ name: "join as a process", gentle: true, run: joinAsProcess }] : []),
    ...(nodes.length > 1 ? [{ name: "stop", gentle: true, run: () => leave(pick(nodes), (node) => node.stop()) }] : []),
    ...(nodes.length > 1 && killable.length > 0
      ? [{ name: "kill", gentle: false, run: () => leave(pick(killable), kill) }]
      : []),
  ];
}

async function disturb({ name, gentle, run }: Disturbance): Promise<void> {
  done.set(name, (done.get(name) ?? 0) + 1);
  trail.push(name);
  let isRunning = gentle;
  const callers = Array.from({ length: CALLERS }, async () => {
    do await callOne();
    while (isRunning);
  });
  if (!gentle) await Promise.all(callers);
  await run();
  isRunning = false;
  await Promise.all(callers);
}

function callOne(): Promise<void> {
  return calls.call(pick(doors), `book-${Math.floor(random() * OBJECT_COUNT)}`, random() < 0.2 ? "Refuse" : "Do");
}

async function destroySome(): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await calls.destroy(pick(doors), `book-${Math.floor(random() * OBJECT_COUNT)}`);
  }
}

/** One client comes, and another one goes. */
async function changeClients(): Promise<void> {
  const [gone] = clients.splice(Math.floor(random() * clients.length), 1);
  const isMore = random() < 0.5;
  if (isMore && gone !== undefined) clients.push(gone);
  const type = random() < 0.5 ? "grpc" : "sse";
  const client =
    type === "grpc"
      ? createGrpcClient({ gates: [gate.address] })
      : createClient({ gates: [`http://${gate.httpAddress}`] });
  clients.push({ type, client });
  await client.connect();
  if (!isMore) await gone?.client.close();
}

/** A node joins while turns run that do not end: what is half-way is compared, too. */
async function joinHeld(): Promise<void> {
  const turns = Array.from({ length: SHARDS / 4 }, (_, n) =>
    pick(doors)
      .object(Thing, `shard#${n * 4}/held`)
      .Hold()
      .catch(() => undefined),
  );
  const isHeld = async (node: LiveNode): Promise<boolean> =>
    sum(await scrapeAll(node), "goverse_objects_total", { type: "Thing" }) > 0;
  await until(async () => (await Promise.all(nodes.map(isHeld))).some(Boolean));
  await joinHere();
  await agree();
  releaseHolds();
  await Promise.all(turns);
}

async function joinHere(): Promise<void> {
  const port = await freePorts(1);
  const address = `localhost:${port}`;
  const server = await cluster.addNode({ listenAddress: address, objects: [bookOn(address), Thing] });
  nodes.push({ address, ops: server.opsAddress ?? "", stop: () => server.stop() });
}

async function joinAsProcess(): Promise<void> {
  const port = await freePorts(2);
  const [address, ops] = [`localhost:${port}`, `localhost:${port + 1}`];
  const options = [
    `--listen=${address}`,
    `--metrics-listen=${ops}`,
    `--objects=${join(ROOT, "tests/prometheus/process-book.ts")}`,
    `--etcd=${cluster.etcd.address}`,
    `--shards=${SHARDS}`,
  ];
  const program = startProgram([...fromSource("apps/node/src/main.ts"), ...options], { [BOOK_NODE]: address });
  cluster.onStop(() => program.destroy());
  await until(async () => (await fetch(`http://${ops}/ready`)).ok, 30_000, program.output);
  const stop = (): Promise<unknown> => {
    program.signal("SIGTERM");
    return program.exit;
  };
  nodes.push({ address, ops, stop, program });
}

async function leave(node: LiveNode, how: (node: LiveNode) => Promise<unknown>): Promise<void> {
  nodes.splice(nodes.indexOf(node), 1);
  await how(node);
}

async function kill({ program, address }: LiveNode): Promise<void> {
  program?.signal("SIGKILL");
  await program?.exit;
  cluster.expireLease(address);
}

async function loseLease(node: LiveNode): Promise<void> {
  const deeds = shards.deedsOf(node.address);
  const before = deeds.registrations;
  cluster.expireLease(node.address);
  await until(() => deeds.registrations > before);
}

async function checkpoint(): Promise<void> {
  const addresses = nodes.map(({ address }) => address);
  await until(
    () => shards.isSettled(addresses, SHARDS),
    30_000,
    () => "the shards do not settle",
  );
  await calls.clear(pick(doors));
  expect(calls.surprises, `seed ${SEED}, after ${trail.slice(-3).join(", ")}`).toEqual([]);
  await agree();
}

/** The last news take a moment to reach everybody; what differs then is wrong. */
async function agree(): Promise<void> {
  let found: readonly string[] = [];
  await until(
    async () => (found = await differences()).length === 0,
    NEWS_TIMEOUT_MS,
    () =>
      `exported and not what the ledger says, seed ${SEED}, after ${trail.slice(-6).join(", ")}:\n${found.join("\n")}`,
  );
}

/** Everything that is exported otherwise than the ledger has it, one line each. */
async function differences(): Promise<readonly string[]> {
  const found: string[] = [];
  const compare = (who: string, exported: Facts, expected: Facts): void => {
    for (const [name, value] of Object.entries(expected)) {
      if (isDeepStrictEqual(exported[name], value)) continue;
      found.push(`${who} ${name}: ${JSON.stringify(exported[name])} instead of ${JSON.stringify(value)}`);
    }
  };
  for (const node of nodes) compare(node.address, told(await scrapeAll(node)), expected(node));
  compare("gate", clientsOf(await scrapeAll({ ops: gate.opsAddress ?? "" })), expectedClients());
  return found;
}

/** What is exported, or should be, by name. */
type Facts = Readonly<Record<string, unknown>>;

async function scrapeAll({ ops }: Pick<LiveNode, "ops">): Promise<readonly ScrapedSample[]> {
  return parseSamples(await scrapeText(ops));
}

/** What a node says, in the ledger's words. */
function told(samples: readonly ScrapedSample[]): Facts {
  const perMethod = (name: string): object =>
    Object.fromEntries(
      ["Do", "Refuse"].map((method) => [
        method,
        {
          success: sum(samples, name, { method_name: method, status: "success" }),
          failure: sum(samples, name, { method_name: method, status: "failure" }),
        },
      ]),
    );
  return {
    owned: sum(samples, "goverse_shards_total"),
    migrating: sum(samples, "goverse_shards_migrating"),
    claims: sum(samples, "goverse_shard_claims_total"),
    releases: sum(samples, "goverse_shard_releases_total"),
    migrations: positive(samples, "goverse_shard_migrations_total", "from_node"),
    objects: positive(
      samples.filter(({ labels }) => labels["type"] === "Book"),
      "goverse_objects_total",
      "shard",
    ),
    calls: perMethod("goverse_method_calls_total"),
    durations: perMethod("goverse_method_call_duration_count"),
    leasesLost: sum(samples, "goverse_lease_lost_total"),
  };
}

function expected({ address }: LiveNode): Facts {
  const { claims, releases, registrations, migrationsFrom } = shards.deedsOf(address);
  const perMethod = Object.fromEntries(["Do", "Refuse"].map((method) => [method, calls.callsOf(address, method)]));
  return {
    owned: shards.owned(address),
    migrating: shards.migrating(),
    claims,
    releases,
    migrations: Object.fromEntries(migrationsFrom),
    objects: calls.objectsOn(address),
    calls: perMethod,
    durations: perMethod,
    // On a machine that stands still for seconds leases are lost that nobody took.
    leasesLost: registrations - 1,
  };
}

function clientsOf(samples: readonly ScrapedSample[]): Facts {
  const count = (type: string): number => sum(samples, "goverse_clients_connected", { client_type: type });
  return { grpc: count("grpc"), sse: count("sse") };
}

function expectedClients(): Facts {
  const count = (wanted: string): number => clients.filter(({ type }) => type === wanted).length;
  return { grpc: count("grpc"), sse: count("sse") };
}

/** The positive values of a metric by one label. */
function positive(samples: readonly ScrapedSample[], name: string, label: string): Readonly<Record<string, number>> {
  const found = samples.filter((sample) => sample.name === name && sample.value > 0);
  return Object.fromEntries(found.map(({ labels, value }) => [labels[label], value]));
}

function pick<T>(choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** A small generator of numbers in [0, 1) that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
