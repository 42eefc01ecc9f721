import { afterEach, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { balanced, metric, startCluster, type TestCluster, until } from "./support/cluster.ts";
import { Counter } from "./support/objects.ts";
import { RawClient } from "./support/raw-client.ts";

let cluster: TestCluster | undefined;

afterEach(() => cluster?.stop());

test("without etcd a node refuses when its lease has run out, and comes back as a new incarnation", async () => {
  cluster = await startCluster(["only"]);
  const { etcd } = cluster;
  const [only] = cluster.servers as [Server];
  const counter = only.object(Counter, "a");
  await counter.Add({ by: 5 });
  const changes: boolean[] = [];
  only.onReadiness(({ ready }) => changes.push(ready));

  etcd.pause();
  const raw = new RawClient(only.address);
  const refusal = async (): Promise<unknown> =>
    raw.call({ type: "Counter", id: "a", method: "Get" }).then(
      () => "answered",
      (error: unknown) => (error as { code?: string }).code,
    );
  expect(await refusal()).toBe("answered");
  await until("calls are refused", async () => (await refusal()) === "NOT_OWNER");
  const response = await fetch(`http://${only.opsAddress}/ready`);
  expect(response.status).toBe(503);
  expect(await metric(only, "goverse_lease_lost_total")).toBe(1);
  expect(await metric(only, "goverse_shards_total")).toBe(0);
  await until("it is told", () => changes.includes(false));

  etcd.resume();
  // What lived in memory is lost, the node is not.
  expect(await counter.Add({ by: 1 })).toEqual({ value: 1, node: "only" });
  await balanced([only]);
  expect(changes.slice(0, 2)).toEqual([false, true]);
  raw.close();
});

test("a lease that ends under a node moves its shards, and it takes part again", async () => {
  cluster = await startCluster(["one", "two"], { expectNodes: 2 });
  const [one, two] = cluster.servers as [Server, Server];
  const before = await metric(two, "goverse_shard_claims_total");
  cluster.etcd.expireLease(leaseOf(cluster, two));
  await until("the loss was noticed", async () => (await metric(two, "goverse_lease_lost_total")) === 1);
  await balanced([one, two]);
  expect(await metric(two, "goverse_shard_claims_total")).toBeGreaterThan(before);
  expect((await one.object(Counter, "a").Add({ by: 1 })).value).toBe(1);
});

/** The lease under which a server is registered. */
function leaseOf({ etcd }: TestCluster, server: Server): bigint {
  const key = `/goverse/nodes/${server.address}`;
  const lease = etcd.store.leaseIds().find((id) => etcd.store.leaseTimeToLive(id, { keys: true }).keys.includes(key));
  if (lease === undefined) throw new Error(`${server.address} is not registered`);
  return lease;
}
