import type { Address } from "@goverse/core";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { Consensus } from "../src/index.ts";
import { OwnershipSampler } from "./support/ownership-sampler.ts";
import { until } from "./support/until.ts";

const SHARDS = 1024;
const hasEtcd = spawnSync("etcd", ["--version"]).status === 0;
if (!hasEtcd && process.env["GOVERSE_REQUIRE_TOOLS"] === "1") {
  throw new Error("etcd is not installed, but GOVERSE_REQUIRE_TOOLS=1");
}
if (!hasEtcd) console.warn("not run: consensus against a real etcd (the program `etcd` is not installed)");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let folder = "";
let endpoint = "";
let etcd: ChildProcess | undefined;

async function startEtcd(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "goverse-etcd-"));
  const [client, peer] = [await freePort(), await freePort()];
  endpoint = `127.0.0.1:${client}`;
  const flags = {
    "--data-dir": folder,
    "--listen-client-urls": `http://${endpoint}`,
    "--advertise-client-urls": `http://${endpoint}`,
    "--listen-peer-urls": `http://127.0.0.1:${peer}`,
    "--initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
    "--initial-cluster": `default=http://127.0.0.1:${peer}`,
  };
  etcd = spawn("etcd", Object.entries(flags).flat(), { stdio: "ignore" });
}

beforeAll(async () => {
  if (hasEtcd) await startEtcd();
});

afterAll(() => {
  etcd?.kill("SIGKILL");
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

function node(name: string, role: "node" | "gate" = "node"): Consensus {
  return new Consensus({
    role,
    address: `${name}:1` as Address,
    etcdEndpoints: [endpoint],
    etcdPrefix: "/real",
    shardCount: SHARDS,
    leaseTtlSeconds: 5,
    connectTimeoutMs: 15_000,
    meta: { version: "1", types: [], protocol: { min: 1, max: 1 } },
  });
}

const owned = (nodes: readonly Consensus[]): number[] => nodes.map((one) => one.summary().owned).sort((a, b) => a - b);

describe.runIf(hasEtcd)("with a real etcd", () => {
  test("nodes start, join, leave and come back, and no shard ever has two owners", async () => {
    const sampler = new OwnershipSampler(SHARDS, 20);
    const [a, b, c, d, gate] = [node("a"), node("b"), node("c"), node("d"), node("gate", "gate")];
    const all = { a, b, c, d };
    for (const [name, one] of Object.entries(all)) sampler.watch(name, one);
    await Promise.all([a, b, c, gate].map((one) => one.start()));
    await until(
      "three share",
      () => owned([a, b, c]).join() === "341,341,342",
      () => owned([a, b, c]),
    );
    await until(
      "the gate is ready",
      () => gate.readiness().ready,
      () => gate.readiness(),
    );
    await d.start();
    await until(
      "four share",
      () => owned([a, b, c, d]).join() === "256,256,256,256",
      () => owned([a, b, c, d]),
    );
    await a.stop();
    await until(
      "three share again",
      () => owned([b, c, d]).join() === "341,341,342",
      () => owned([b, c, d]),
    );
    await until("the gate sees it go", () => gate.view.nodes().length === 3);
    const again = node("a");
    sampler.watch("a again", again);
    await again.start();
    await until("four share again", () => owned([again, b, c, d]).join() === "256,256,256,256");
    await Promise.all([again, b, c, d, gate].map((one) => one.stop()));
    sampler.stop();
    sampler.verify();
  }, 60_000);

  test("one node alone takes everything that the others left", async () => {
    const one = node("solo");
    await one.start();
    await until(
      "it owns everything, also what dead nodes had",
      () => one.summary().owned === SHARDS,
      () => one.summary(),
    );
    await one.stop();
  }, 60_000);
});
