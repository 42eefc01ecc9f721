import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { metric, SHARDS, startCluster, type TestCluster } from "./support/cluster.ts";
import { Counter, Relay } from "./support/objects.ts";
import { RawClient } from "./support/raw-client.ts";

const NAMES = ["one", "two", "three"];
let cluster: TestCluster;
let servers: readonly Server[];

beforeAll(async () => {
  cluster = await startCluster(NAMES, { expectNodes: 3 });
  servers = cluster.servers;
});

afterAll(() => cluster.stop());

/** An id on each node, in the order of the nodes; found by asking. */
async function idPerNode(): Promise<readonly [string, string, string]> {
  const ids = new Map<string, string>();
  for (let n = 0; ids.size < NAMES.length; n += 1) {
    const { node } = await via(0).object(Counter, `probe-${n}`).Add({ by: 0 });
    if (!ids.has(node)) ids.set(node, `probe-${n}`);
  }
  return NAMES.map((name) => ids.get(name) ?? "") as unknown as readonly [string, string, string];
}

function via(index: number): Server {
  const server = servers[index];
  if (server === undefined) throw new Error(`no server ${index}`);
  return server;
}

test("every object is the same one from every node, and the nodes share the work", async () => {
  const ran = new Set<string>();
  for (let n = 0; n < 30; n += 1) {
    for (const index of [0, 1, 2]) {
      const { value, node } = await via(index).object(Counter, `shared-${n}`).Add({ by: 1 });
      expect(value).toBe(index + 1);
      ran.add(node);
    }
  }
  expect([...ran].toSorted()).toEqual(NAMES.toSorted());
});

test("an object reaches objects of the other nodes", async () => {
  const [one, two, three] = await idPerNode();
  for (const [relay, counter, node] of [
    [one, two, "two"],
    [two, three, "three"],
    [three, one, "one"],
  ] as const) {
    const { value } = await via(1).object(Counter, counter).Get();
    expect(await via(0).object(Relay, relay).Count({ counter })).toEqual({ value: value + 1, node });
  }
});

test("a chain over several nodes works, and one that comes back is refused with its path", async () => {
  const [a, b, c] = await idPerNode();
  expect(
    await via(0)
      .object(Relay, a)
      .Follow({ route: [b, c] }),
  ).toEqual({ visited: [a, b, c] });
  expect(
    await via(1)
      .object(Relay, a)
      .Follow({ route: [b, c, a] }),
  ).toEqual({
    visited: [a, b, c, "refused", `Relay/${a}`, `Relay/${b}`, `Relay/${c}`, `Relay/${a}`],
  });
});

test("a node that does not own the object refuses and says who does", async () => {
  const [onOne] = await idPerNode();
  const raw = new RawClient(via(1).address);
  const error: unknown = await raw
    .call({ type: "Counter", id: onOne, method: "Get" })
    .catch((thrown: unknown) => thrown);
  raw.close();
  expect(error).toMatchObject({ code: "NOT_OWNER", details: { owner: via(0).address } });
});

test("the shards of all nodes add up, and every node lists every scrape target", async () => {
  const owned = await Promise.all(servers.map((server) => metric(server, "goverse_shards_total")));
  expect(owned.reduce((sum, count) => sum + count, 0)).toBe(SHARDS);
  const targets = (await (await fetch(`http://${via(2).opsAddress}/sd`)).json()) as { targets: string[] }[];
  expect(targets.flatMap((target) => target.targets).toSorted()).toEqual(
    servers.map(({ opsAddress }) => String(opsAddress)).toSorted(),
  );
});
