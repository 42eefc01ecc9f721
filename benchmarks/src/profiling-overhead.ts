// What profiling costs: CPU time per request with it on, divided by that with it off, in pairs of windows within one process under
// constant load from another. Prints one line for each kind, and fails when a median is over its bound.
//
//   node --conditions=@goverse/source --import tsx benchmarks/src/profiling-overhead.ts [pairs]
import { type ChildProcess, fork } from "node:child_process";
import { Agent, get } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createProfiling, type Profiling, type ProfilingOptions } from "@goverse/profiling";
import Koa from "koa";

const CONNECTIONS = 20;
/** Long enough for thousands of requests, short enough that the load of the machine is the same in both windows of a pair. */
const WINDOW_MS = 1000;
/** After switching: the sampler has started, and what switching itself cost, above all a collection, is over. */
const SETTLE_MS = 1000;

if (process.argv[2] === "load") makeLoad(process.argv[3] ?? "");
else await main(Number(process.argv[2] ?? 20));

/** One thing that can be on or off. */
interface Kind {
  readonly name: string;
  /** Highest median that is in order. */
  readonly bound: number;
  /** Switches it on; the returned function switches it off. */
  readonly begin: () => Promise<() => Promise<void>>;
}

async function main(pairs: number): Promise<void> {
  const recorded = createProfiling({ heap: false, stalls: false });
  const counter = { requests: 0 };
  const app = createApp(recorded, counter);
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const load = fork(fileURLToPath(import.meta.url), ["load", url]);
  const kinds: readonly Kind[] = [
    {
      name: "nothing (the noise of this measurement)",
      bound: Number.POSITIVE_INFINITY,
      begin: async () => async () => {},
    },
    { name: "CPU profile at 100 Hz", bound: 1.04, begin: () => beginRecording(url) },
    { name: "sampling of the heap", bound: 1.02, begin: () => beginProfiling({ stalls: false }) },
    { name: "stalls of the event loop", bound: 1.04, begin: () => beginProfiling({ heap: false }) },
    { name: "everything that is on by default", bound: 1.05, begin: () => beginProfiling({}) },
  ];
  try {
    await delay(3000);
    process.stdout.write(`Node ${process.version}, ${pairs} pairs of ${WINDOW_MS} ms, CPU per request, on / off\n`);
    for (const kind of kinds) await measureKind(kind, pairs, counter);
  } finally {
    await stop(load);
    await recorded.stop();
    server.closeAllConnections();
    server.close();
  }
}

async function measureKind({ name, bound, begin }: Kind, pairs: number, counter: Counter): Promise<void> {
  const ratios: number[] = [];
  const costs: Record<"on" | "off", number[]> = { on: [], off: [] };
  for (let pair = 0; pair < pairs; pair += 1) {
    // Which comes first alternates, so that a machine that becomes busier does not favour either.
    const isOnFirst = pair % 2 === 0;
    const first = isOnFirst ? await measureOn(begin, counter) : await measureOff(counter);
    const second = isOnFirst ? await measureOff(counter) : await measureOn(begin, counter);
    const [on, off] = isOnFirst ? [first, second] : [second, first];
    ratios.push(on / off);
    costs.on.push(on);
    costs.off.push(off);
  }
  const median = quantile(ratios, 0.5);
  const spread = `quartiles ${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}`;
  // What others do on the machine makes windows dearer, never cheaper.
  const quiet = quantile(costs.on, 0.25) / quantile(costs.off, 0.25);
  const isOver = median > bound;
  if (isOver) process.exitCode = 1;
  const verdict = Number.isFinite(bound) ? `, ${isOver ? "OVER" : "within"} ${bound}` : "";
  const offUs = quantile(costs.off, 0.5).toFixed(0);
  process.stdout.write(
    `${median.toFixed(3)}  ${name} (${spread}; of the quieter windows ${quiet.toFixed(3)}; ${offUs} µs a request${verdict})\n`,
  );
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
}

interface Counter {
  requests: number;
}

async function measureOn(begin: Kind["begin"], counter: Counter): Promise<number> {
  const end = await begin();
  await delay(SETTLE_MS);
  const cost = await measureWindow(counter);
  await end();
  return cost;
}

async function measureOff(counter: Counter): Promise<number> {
  await delay(SETTLE_MS);
  return measureWindow(counter);
}

/** Microseconds of CPU time of the whole process for each request. */
async function measureWindow(counter: Counter): Promise<number> {
  const cpu = process.cpuUsage();
  const before = counter.requests;
  await delay(WINDOW_MS);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / Math.max(1, counter.requests - before);
}

async function beginProfiling(options: ProfilingOptions): Promise<() => Promise<void>> {
  const profiling = createProfiling(options);
  await profiling.start();
  return () => profiling.stop();
}

/** As `go tool pprof` does it, but goes away when the window is over. */
async function beginRecording(url: string): Promise<() => Promise<void>> {
  const request = get(`${url}/debug/pprof/profile?seconds=60`);
  request.on("error", () => undefined);
  return async () => void request.destroy();
}

interface Message {
  readonly id: number;
  readonly text: string;
  readonly words: readonly string[];
}

/** A service with a little work in each request, most of it Koa's and Node's own, as in real ones. */
function createApp(profiling: Profiling, counter: Counter): Koa {
  const history: Message[] = [];
  const app = new Koa();
  app.use(profiling.router.routes());
  app.use((ctx) => {
    counter.requests += 1;
    const text = `message ${counter.requests} of ${ctx.path} with some words in it`;
    history.push({ id: counter.requests, text, words: text.split(" ").map((word) => word.toUpperCase()) });
    if (history.length > 200) history.splice(0, 100);
    ctx.body = JSON.stringify(history.slice(-5));
  });
  return app;
}

function makeLoad(url: string): void {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const next = (): void => {
    get(`${url}/send`, { agent }, (response) => response.resume().once("end", next)).once("error", () =>
      process.exit(0),
    );
  };
  for (let i = 0; i < CONNECTIONS; i += 1) next();
  process.once("disconnect", () => process.exit(0));
}

async function stop(load: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => load.once("exit", resolve));
  load.kill();
  await ended;
}
