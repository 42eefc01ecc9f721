import { afterEach, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { balanced, metric, SHARDS, startCluster, type TestCluster, until } from "./support/cluster.ts";
import { Counter } from "./support/objects.ts";

let cluster: TestCluster | undefined;

afterEach(() => cluster?.stop());

/** Calls many objects through one node, again and again, until it is told to end. */
class Callers {
  readonly errors: unknown[] = [];
  answered = 0;
  readonly #giveUp = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(server: Server, count: number) {
    this.#ended = Promise.all(Array.from({ length: count }, (_, n) => this.#run(server, n)));
  }

  async end(): Promise<void> {
    this.#giveUp.abort();
    await this.#ended;
  }

  async #run(server: Server, caller: number): Promise<void> {
    for (let n = 0; !this.#giveUp.signal.aborted; n += 1) {
      try {
        await server.object(Counter, `moving-${caller}-${n % 10}`).Add({ by: 1 });
        this.answered += 1;
      } catch (error) {
        this.errors.push(error);
      }
      // Calls inside one process need no I/O: without a pause they would be all that this process does.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("a node that stops hands its shards over, and calls through another node go on without an error", async () => {
  cluster = await startCluster(["stays", "leaves"], { expectNodes: 2 });
  const [stays, leaves] = cluster.servers as [Server, Server];
  const callers = new Callers(stays, 4);
  await until("calls are answered", () => callers.answered > 100);

  await leaves.stop();
  expect(await metric(stays, "goverse_shards_total")).toBe(SHARDS);
  const before = callers.answered;
  await until("calls are answered after the move", () => callers.answered > before + 100);
  await callers.end();

  expect(callers.errors).toEqual([]);
  expect(await metric(stays, "goverse_shard_migrations_total", `from_node="${leaves.address}"`)).toBe(SHARDS / 2);
  expect(leaves.readiness).toEqual({ ready: false, reason: "stopping" });
});

test("a node that joins takes its share, and calls go on without an error", async () => {
  cluster = await startCluster(["first"]);
  const [first] = cluster.servers as [Server];
  const callers = new Callers(first, 4);
  await until("calls are answered", () => callers.answered > 100);

  const second = await cluster.add("second");
  await balanced([first, second]);
  const before = callers.answered;
  await until("calls are answered after the move", () => callers.answered > before + 100);
  await callers.end();

  expect(callers.errors).toEqual([]);
  expect(await metric(first, "goverse_shard_releases_total")).toBe(SHARDS / 2);
  expect(await metric(second, "goverse_shard_migrations_total", `to_node="${second.address}"`)).toBe(SHARDS / 2);
});

test("a turn that runs while its node stops finishes and is answered", async () => {
  cluster = await startCluster(["stays", "leaves"], { expectNodes: 2 });
  const [stays, leaves] = cluster.servers as [Server, Server];
  const id = await idOn(stays, "leaves");
  const turn = stays.object(Counter, id).Wait({ ms: 300 });
  await until("the turn runs", () => [...leaves.node.objects()].some((object) => object.id === id));
  const stopped = leaves.stop();
  expect(await turn).toEqual({ aborted: false });
  await stopped;
  expect((await stays.object(Counter, id).Add({ by: 1 })).node).toBe("stays");
});

test("a turn that never ends does not keep a node from stopping", async () => {
  cluster = await startCluster(["only"], { times: { leaseTtlMs: 2000, etcdTimeoutMs: 500, stopTimeoutMs: 1500 } });
  const [only] = cluster.servers as [Server];
  const turn = only.object(Counter, "endless").Wait({ ms: 60_000 });
  const outcome = turn.catch((error: unknown) => error);
  await until("the turn runs", () => [...only.node.objects()].length > 0);
  const startedMs = performance.now();
  await only.stop();
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  // Either the method heard of it and ended, or nobody knows.
  expect(["UNKNOWN_OUTCOME", undefined]).toContain(((await outcome) as { code?: string }).code);
});

async function idOn(server: Server, name: string): Promise<string> {
  for (let n = 0; ; n += 1) {
    const { node } = await server.object(Counter, `probe-${n}`).Add({ by: 0 });
    if (node === name) return `probe-${n}`;
  }
}
