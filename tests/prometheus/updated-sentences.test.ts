// The published document says of each metric when it is updated. Each of these sentences, with the real event, on real ports.
import { connect } from "node:net";
import { join } from "node:path";
import { createClient } from "@goverse/client";
import { contract, GoverseError, type ObjectId, parseObjectId } from "@goverse/core";
import type { Server } from "@goverse/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts, fromSource, type Program, ROOT, startProgram, until } from "../support/program.ts";
import { balanced, exported, seriesOf, SHARDS, SmallCluster } from "./small-cluster.ts";
import { Fleeting, releaseHolds, Stillborn, Thing } from "./things.ts";

const OBJECTS = "goverse_objects_total";
const CALLS = "goverse_method_calls_total";
const DURATION = "goverse_method_call_duration";
const CLAIMS = "goverse_shard_claims_total";
const RELEASES = "goverse_shard_releases_total";
const MIGRATIONS = "goverse_shard_migrations_total";

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = await SmallCluster.start();
});
afterEach(() => cluster.stop());

/** The failure of a call that must fail. */
async function failure(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "none",
    (error: unknown) => GoverseError.from(error).code,
  );
}

/** What a node says about the calls of one method, from counter and histogram: they are never apart. */
async function calls(node: Server, method: string, type = "Thing"): Promise<{ success: number; failure: number }> {
  const labels = { object_type: type, method_name: method };
  const counted = async (name: string): Promise<{ success: number; failure: number }> => ({
    success: await exported(node, name, { ...labels, status: "success" }),
    failure: await exported(node, name, { ...labels, status: "failure" }),
  });
  const result = await counted(CALLS);
  expect(await counted(`${DURATION}_count`)).toEqual(result);
  return result;
}

/** A process of its own, because it is to be killed. */
async function startNodeProcess(port: number): Promise<Program> {
  const node = startProgram([
    ...fromSource("apps/node/src/main.ts"),
    `--listen=localhost:${port}`,
    `--metrics-listen=localhost:${port + 1}`,
    `--objects=${join(ROOT, "tests/prometheus/things.ts")}`,
    `--etcd=${cluster.etcd.address}`,
    `--shards=${SHARDS}`,
  ]);
  cluster.onStop(() => node.destroy());
  return node;
}

describe("objects: incremented on object creation, decremented on deletion", () => {
  it("through a gate: created twice is one, destroyed twice is none", async () => {
    const node = await cluster.addNode();
    const client = cluster.addClient(await cluster.addGate());
    const id = "shard#7/a";
    await client.create(Thing, id);
    await client.create(Thing, id);
    expect(await seriesOf(node, OBJECTS)).toEqual([{ node: node.address, type: "Thing", shard: "7" }]);
    expect(await exported(node, OBJECTS)).toBe(1);
    expect(await client.destroy(Thing, id)).toBe(true);
    expect(await client.destroy(Thing, id)).toBe(false);
    expect(await exported(node, OBJECTS)).toBe(0);
  });

  it("by a call: the first one activates, the others do not, a failed one does not undo it", async () => {
    const node = await cluster.addNode();
    const thing = node.object(Thing, "a");
    await thing.Do({ by: 1 });
    await thing.Do({ by: 1 });
    expect(await failure(thing.Fail())).toBe("INTERNAL");
    expect(await exported(node, OBJECTS, { type: "Thing" })).toBe(1);
    // An object that another one calls counts as well.
    await thing.Ask({ other: "b" });
    expect(await exported(node, OBJECTS, { type: "Thing" })).toBe(2);
  });

  it("not by an activation that fails, nor by calls that never reach an object", async () => {
    const node = await cluster.addNode();
    expect(await failure(node.object(Stillborn, "a").Touch())).toBe("INTERNAL");
    expect(await failure(node.object(Thing, "a").Do({ by: "one" } as never))).toBe("INVALID_ARGUMENT");
    const unknown = contract("Thing", { methods: { Vanish: {} } });
    expect(await failure(node.object(unknown, "a").Vanish())).toBe("UNKNOWN_METHOD");
    expect(await exported(node, OBJECTS)).toBe(0);
  });

  it("one that is pinned to a node has no shard", async () => {
    const node = await cluster.addNode();
    await node.object(Thing, `${node.address}/here`).Do({ by: 1 });
    expect(await seriesOf(node, OBJECTS)).toEqual([{ node: node.address, type: "Thing", shard: "none" }]);
  });

  it("by deactivation, when nobody calls for long", async () => {
    const node = await cluster.addNode();
    const count = (): Promise<number> => exported(node, OBJECTS, { type: "Fleeting" });
    // On a slow machine one may be gone again before anybody looks.
    const touched = async (): Promise<boolean> => {
      await node.object(Fleeting, "a").Touch();
      return (await count()) === 1;
    };
    await until(touched);
    await until(async () => (await count()) === 0);
    await until(touched);
  });

  it("those of a shard that moves leave the one node, and come into memory at the other with their next call", async () => {
    const first = await cluster.addNode();
    const ids = Array.from({ length: 40 }, (_, index) => `thing-${index}`);
    await Promise.all(ids.map((id) => first.object(Thing, id).Do({ by: 1 })));
    expect(await exported(first, OBJECTS)).toBe(40);
    const second = await cluster.addNode();
    await balanced(first, second);
    const left = await exported(first, OBJECTS);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(40);
    expect(await exported(second, OBJECTS)).toBe(0);
    await Promise.all(ids.map((id) => first.object(Thing, id).Do({ by: 1 })));
    expect(await exported(first, OBJECTS)).toBe(left);
    expect(await exported(second, OBJECTS)).toBe(40 - left);
  });

  it("those of a node that loses its lease are gone", async () => {
    const node = await cluster.addNode();
    await node.object(Thing, "a").Do({ by: 1 });
    cluster.expireLease(node.address);
    await until(async () => (await exported(node, "goverse_lease_lost_total")) === 1);
    expect(await exported(node, OBJECTS)).toBe(0);
    await balanced(node);
    await node.object(Thing, "a").Do({ by: 1 });
    expect(await exported(node, OBJECTS)).toBe(1);
  });

  it("those of a node that is killed are in no sum any more, until they are called again", async () => {
    const node = await cluster.addNode();
    const port = await freePorts(2);
    const doomed = await startNodeProcess(port);
    await until(async () => (await exported(`localhost:${port + 1}`, "goverse_shards_total")) === SHARDS / 2);
    await balanced(node, `localhost:${port + 1}`);
    const ids = Array.from({ length: 20 }, (_, index) => `thing-${index}`);
    await Promise.all(ids.map((id) => node.object(Thing, id).Do({ by: 1 })));
    const here = await exported(node, OBJECTS);
    expect(here + (await exported(`localhost:${port + 1}`, OBJECTS))).toBe(20);
    expect(here).toBeLessThan(20);
    doomed.signal("SIGKILL");
    await doomed.exit;
    cluster.expireLease(`localhost:${port}`);
    await until(async () => (await exported(node, "goverse_shards_total")) === SHARDS);
    expect(await exported(node, OBJECTS)).toBe(here);
    await Promise.all(ids.map((id) => node.object(Thing, id).Do({ by: 1 })));
    expect(await exported(node, OBJECTS)).toBe(20);
  });
});

describe("calls: incremented on each method call, and the duration recorded with it", () => {
  it("by status, whichever door they come through", async () => {
    const node = await cluster.addNode();
    const gate = await cluster.addGate();
    const doors = [cluster.addClient(gate), createClient({ gates: [`http://${gate.httpAddress}`] }), node];
    for (const door of doors) {
      await door.object(Thing, "a").Do({ by: 1 });
      expect(await failure(door.object(Thing, "a").Fail())).toBe("INTERNAL");
      expect(await failure(door.object(Thing, "a").Refuse())).toBe("DECLARED");
    }
    expect(await calls(node, "Do")).toEqual({ success: 3, failure: 0 });
    expect(await calls(node, "Fail")).toEqual({ success: 0, failure: 3 });
    expect(await calls(node, "Refuse")).toEqual({ success: 0, failure: 3 });
    // One object calls another: two calls.
    await node.object(Thing, "a").Ask({ other: "b" });
    expect(await calls(node, "Ask")).toEqual({ success: 1, failure: 0 });
    expect(await calls(node, "Do")).toEqual({ success: 4, failure: 0 });
  });

  it("refused before they reach an object: bad input, unknown names, a deadline that passes", async () => {
    const node = await cluster.addNode();
    const client = cluster.addClient(await cluster.addGate());
    const thing = client.object(Thing, "a");
    expect(await failure(client.object(contract("Thing", { methods: { Do: {} } }), "a").Do())).toBe("INVALID_ARGUMENT");
    expect(await calls(node, "Do")).toEqual({ success: 0, failure: 1 });

    const madeUp = contract("Thing", { methods: { Vanish: {} } });
    const nowhere = contract("Nothing", { methods: { Vanish: {} } });
    expect(await failure(client.object(madeUp, "a").Vanish())).toBe("UNKNOWN_METHOD");
    expect(await failure(client.object(nowhere, "a").Vanish())).toBe("UNKNOWN_TYPE");
    expect(await calls(node, "_unknown")).toEqual({ success: 0, failure: 1 });
    expect(await calls(node, "_unknown", "_unknown")).toEqual({ success: 0, failure: 1 });

    const running = thing.Wait({ ms: 400 });
    expect(await failure(thing.Wait({ ms: 0 }, { timeoutMs: 100 }))).toBe("DEADLINE_EXCEEDED");
    await running;
    await until(async () => (await calls(node, "Wait")).failure === 1);
    expect(await calls(node, "Wait")).toEqual({ success: 1, failure: 1 });
  });

  it("not by what is no call: to a node that does not own the object, creating, destroying", async () => {
    const [one, two] = [await cluster.addNode(), await cluster.addNode()];
    await balanced(one, two);
    const id = parseObjectId("a", SHARDS);
    const answers = await Promise.all([one, two].map((node) => failure(node.node.invoke(invocation(id)))));
    expect(answers.sort()).toEqual(["NOT_OWNER", "none"]);
    const counted = await Promise.all([one, two].map((node) => calls(node, "Fail")));
    expect(counted).toEqual([NONE, NONE]);
    const touched = await Promise.all([one, two].map((node) => calls(node, "Touch", "Fleeting")));
    expect(touched.toSorted((a, b) => a.success - b.success)).toEqual([NONE, { success: 1, failure: 0 }]);

    const client = cluster.addClient(await cluster.addGate());
    await client.create(Thing, "b");
    await client.destroy(Thing, "b");
    const total = async (node: Server): Promise<number> => exported(node, CALLS);
    expect((await total(one)) + (await total(two))).toBe(1);
  });

  it("the time is the execution's, in seconds, in the published buckets", async () => {
    const node = await cluster.addNode();
    await node.object(Thing, "a").Wait({ ms: 50 });
    const labels = { node: node.address, object_type: "Thing", method_name: "Wait", status: "success" };
    expect(await exported(node, `${DURATION}_sum`, labels)).toBeGreaterThan(0.045);
    expect(await exported(node, `${DURATION}_sum`, labels)).toBeLessThan(1);
    const buckets = (await seriesOf(node, `${DURATION}_bucket`)).filter(({ method_name: name }) => name === "Wait");
    expect(buckets.map(({ le }) => le)).toEqual(["0.001", "0.01", "0.1", "1", "10", "+Inf"]);
    expect(await exported(node, `${DURATION}_bucket`, { ...labels, le: "0.01" })).toBe(0);
    expect(await exported(node, `${DURATION}_bucket`, { ...labels, le: "1" })).toBe(1);
  });
});

const NONE = { success: 0, failure: 0 };

function invocation(id: ObjectId): Parameters<Server["node"]["invoke"]>[0] {
  const rest = {
    callId: "direct",
    chain: [],
    deadlineMs: Infinity,
    payload: undefined,
    caller: { clientId: undefined },
  };
  return { type: "Fleeting", id, method: "Touch", ...rest };
}

describe("shards, claims, releases and migrations: updated when the mapping changes", () => {
  it("a first node claims all, and migrates nothing", async () => {
    const node = await cluster.addNode();
    expect(await exported(node, "goverse_shards_total", { node: node.address })).toBe(SHARDS);
    expect(await exported(node, CLAIMS, { node: node.address })).toBe(SHARDS);
    expect(await exported(node, RELEASES, { node: node.address })).toBe(0);
    expect(await seriesOf(node, MIGRATIONS)).toEqual([]);
  });

  it("a join: one releases half, the other claims it, and counts each as a migration, once", async () => {
    const first = await cluster.addNode();
    const second = await cluster.addNode();
    await balanced(first, second);
    const half = SHARDS / 2;
    expect(await exported(first, CLAIMS)).toBe(SHARDS);
    expect(await exported(first, RELEASES)).toBe(half);
    expect(await exported(second, CLAIMS)).toBe(half);
    expect(await exported(second, RELEASES)).toBe(0);
    const moved = { from_node: first.address, to_node: second.address };
    expect(await seriesOf(second, MIGRATIONS)).toEqual([moved]);
    expect(await exported(second, MIGRATIONS)).toBe(half);
    // The other way is known, and nothing went it.
    expect(await seriesOf(first, MIGRATIONS)).toEqual([{ from_node: second.address, to_node: first.address }]);
    expect(await exported(first, MIGRATIONS)).toBe(0);

    await second.stop();
    await balanced(first);
    expect(await exported(first, CLAIMS)).toBe(SHARDS + half);
    expect(await exported(first, MIGRATIONS, { from_node: second.address })).toBe(half);
    expect(await seriesOf(first, "goverse_shards_total")).toEqual([{ node: first.address }]);
  });

  it("a node that dies: its shards are claimed without a release, and migrate", async () => {
    const survivor = await cluster.addNode();
    const port = await freePorts(2);
    const doomed = await startNodeProcess(port);
    await until(async () => (await exported(`localhost:${port + 1}`, "goverse_shards_total")) === SHARDS / 2);
    await balanced(survivor, `localhost:${port + 1}`);
    const releases = await exported(survivor, RELEASES);
    doomed.signal("SIGKILL");
    await doomed.exit;
    cluster.expireLease(`localhost:${port}`);
    await balanced(survivor);
    expect(await exported(survivor, RELEASES)).toBe(releases);
    expect(await exported(survivor, CLAIMS)).toBe(SHARDS + SHARDS / 2);
    expect(await exported(survivor, MIGRATIONS, { from_node: `localhost:${port}` })).toBe(SHARDS / 2);
  });

  it("a node that is killed and comes back to its own shards claims them, and migrates nothing", async () => {
    const port = await freePorts(2);
    const ops = `localhost:${port + 1}`;
    const before = await startNodeProcess(port);
    await until(async () => (await exported(ops, "goverse_shards_total")) === SHARDS);
    before.signal("SIGKILL");
    await before.exit;
    cluster.expireLease(`localhost:${port}`);
    await startNodeProcess(port);
    await until(async () => (await exported(ops, "goverse_shards_total")) === SHARDS);
    expect(await exported(ops, CLAIMS)).toBe(SHARDS);
    expect(await exported(ops, MIGRATIONS)).toBe(0);
  });

  it("migrating: as long as a running turn keeps its shard from moving, in everybody's view", async () => {
    const first = await cluster.addNode();
    // Some of these are in the half that moves, and none of them is told to end.
    const turns = Array.from({ length: 20 }, (_, index) => first.object(Thing, `shard#${index * 3}/a`).Hold());
    await until(async () => (await exported(first, OBJECTS)) === 20);
    const second = await cluster.addNode();
    const views = async (): Promise<readonly number[]> =>
      Promise.all([first, second].map((node) => exported(node, "goverse_shards_migrating")));
    await until(async () => {
      const [one = 0, two = 0] = await views();
      return one > 0 && one === two;
    });
    const owned = await Promise.all([first, second].map((node) => exported(node, "goverse_shards_total")));
    expect(owned[0]).toBeGreaterThan(SHARDS / 2);
    releaseHolds();
    await Promise.all(turns);
    await balanced(first, second);
    expect(await views()).toEqual([0, 0]);
  });
});

describe("clients: incremented on client connection, decremented on disconnection", () => {
  const clients = (process: { opsAddress: string | undefined }, type: string): Promise<number> =>
    exported(process, "goverse_clients_connected", { client_type: type });

  it("by type, on the gate where their stream ends", async () => {
    const node = await cluster.addNode();
    const gate = await cluster.addGate();
    expect([await clients(gate, "grpc"), await clients(gate, "sse")]).toEqual([0, 0]);
    const [grpc, other] = [cluster.addClient(gate), cluster.addClient(gate)];
    const browser = createClient({ gates: [`http://${gate.httpAddress}`] });
    cluster.onStop(() => browser.close());
    await Promise.all([grpc.connect(), other.connect(), browser.connect()]);
    expect([await clients(gate, "grpc"), await clients(gate, "sse")]).toEqual([2, 1]);
    expect(await exported(gate, "goverse_clients_connected", { node: gate.address })).toBe(3);
    expect([await clients(node, "grpc"), await seriesOf(node, "goverse_clients_connected")]).toEqual([
      0,
      [{ node: node.address, client_type: "grpc" }],
    ]);
    await grpc.close();
    await until(async () => (await clients(gate, "grpc")) === 1);
    await Promise.all([other.close(), browser.close()]);
    await until(async () => (await clients(gate, "grpc")) + (await clients(gate, "sse")) === 0);
  });

  it("not by calls, which have no stream", async () => {
    await cluster.addNode();
    const gate = await cluster.addGate();
    await cluster.addClient(gate).object(Thing, "a").Do({ by: 1 });
    expect(await exported(gate, "goverse_clients_connected")).toBe(0);
  });

  it("also by one that goes without a word", async () => {
    await cluster.addNode();
    const gate = await cluster.addGate();
    const socket = connect(Number(gate.httpAddress?.split(":").at(-1)), "localhost");
    socket.on("error", () => undefined);
    socket.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(async () => (await clients(gate, "sse")) === 1);
    socket.resetAndDestroy();
    await until(async () => (await clients(gate, "sse")) === 0);
  });
});
