import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { metric, startCluster, type TestCluster } from "./support/cluster.ts";
import { Counter } from "./support/objects.ts";

let cluster: TestCluster;
let server: Server;

beforeAll(async () => {
  cluster = await startCluster(["only"]);
  [server] = cluster.servers as [Server];
});

afterAll(() => cluster.stop());

test("one node serves calls to any object", async () => {
  const counter = server.object(Counter, "a");
  expect(await counter.Add({ by: 2 })).toEqual({ value: 2, node: "only" });
  expect(await counter.Add({ by: 3 })).toEqual({ value: 5, node: "only" });
  expect(await counter.Get()).toEqual({ value: 5 });
});
