import { resolveOptions } from "@goverse/host";
import { expect, test } from "vitest";
import { banner, invitation } from "../src/banner.ts";
import { CLUSTER_OPTIONS, type ClusterOptions } from "../src/options.ts";
import { planCluster } from "../src/plan.ts";

const program = { name: "pnpm dev", summary: "Runs a local cluster.", version: "0.0.0" };
const parts = { etcdAddress: "127.0.0.1:1", objects: "/objects.ts", page: "/page" };

function options(...argv: string[]): ClusterOptions {
  return resolveOptions({ program, table: CLUSTER_OPTIONS, argv, env: {} });
}

test("three nodes and a gate on the documented ports by default", () => {
  const plans = planCluster(options(), parts);
  expect(plans.map(({ role, address, httpAddress }) => `${role} ${address} ${httpAddress}`)).toEqual([
    "node localhost:47000 localhost:9090",
    "node localhost:47001 localhost:9091",
    "node localhost:47002 localhost:9092",
    "gate localhost:49000 localhost:8080",
  ]);
});

test("numbers, ports, shards and prefix reach the processes", () => {
  const plans = planCluster(
    options("--nodes=1", "--gates=2", "--http-port=7000", "--shards=64", "--etcd-prefix=/x"),
    parts,
  );
  expect(plans.map(({ httpAddress }) => httpAddress)).toEqual(["localhost:9090", "localhost:7000", "localhost:7001"]);
  for (const { args } of plans) {
    expect(args).toEqual(expect.arrayContaining(["--shards=64", "--etcd-prefix=/x", "--etcd=127.0.0.1:1"]));
  }
  expect(plans[0]?.args).toContain("--expect-nodes=1");
});

test("a port range that would leave the allowed ones is refused by name", () => {
  expect(() => options("--node-port=65530")).toThrow(/--node-port "65530"/);
});

test("says what is where, and what to do next", () => {
  const plans = planCluster(options(), parts);
  expect(banner(plans, "127.0.0.1:1", true)).toContain("embedded: in memory, not durable, not replicated");
  expect(invitation(plans, 1234)).toContain("ready (1.23 s after the last node listened)");
  expect(invitation(plans, 1234)).toContain("http://localhost:8080/");
  expect(invitation([], 5)).toBe("ready (0.01 s after the last node listened)");
});
