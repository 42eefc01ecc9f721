import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createNetServer, type AddressInfo, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contract } from "@goverse/core";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server } from "@goverse/server";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Program } from "./program.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

// What implement() returns, without an import that a folder elsewhere could not resolve.
const OBJECT = `{
  contract: { name: "Echo", methods: { Ping: {}, Fail: {} }, events: {} },
  behaviour: {
    state: () => ({}),
    methods: { Ping: () => {}, Fail: () => { throw new Error("on purpose"); } },
  },
}`;
const Echo = contract("Echo", { methods: { Ping: {}, Fail: {} } });

let etcd: EmbeddedEtcd;
let folder: string;
let taken: NetServer;
const programs: Program[] = [];

beforeAll(async () => {
  etcd = await startEmbeddedEtcd();
  folder = await mkdtemp(join(tmpdir(), "goverse-node-"));
  await writeFile(join(folder, "objects.mjs"), `export const echo = ${OBJECT};`);
  await writeFile(join(folder, "objects.ts"), `type Any = object;\nexport const echo: Any = ${OBJECT};`);
  await writeFile(join(folder, "nothing.mjs"), "export const nothing = 1;");
  taken = createNetServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
});

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
});

afterAll(async () => {
  taken.close();
  await etcd.stop();
  await rm(folder, { recursive: true, force: true });
});

function run(args: readonly string[], env?: Readonly<Record<string, string>>): Program {
  const program = new Program(args, env);
  programs.push(program);
  return program;
}

/** Arguments of a node that works, in a cluster of its own. */
function goodArgs(prefix: string, objects = "objects.mjs"): string[] {
  return [...localArgs(objects), "--etcd", etcd.address, "--etcd-prefix", prefix, "--shards", "16"];
}

/** Those without the cluster. */
function localArgs(objects = "objects.mjs"): string[] {
  return ["--listen", "localhost:0", "--metrics-listen", "localhost:0", "--objects", join(folder, objects)];
}

test("a node says where it listens and when it is ready, serves its objects, and stops when asked", async () => {
  const program = run(goodArgs("/main"));
  const { address, metricsAddress } = await program.report("listening");
  await program.report("ready");
  expect(program.stdout).toContain(`node ${address} listens, metrics at http://${String(metricsAddress)}/metrics`);
  expect(program.stdout).toContain("object types: Echo\n");
  expect(program.stdout).toContain(`node ${address} is ready\n`);
  expect((await fetch(`http://${String(metricsAddress)}/ready`)).status).toBe(200);

  const other = new Server({
    listenAddress: "localhost:0",
    etcdAddress: etcd.address,
    etcdPrefix: "/main",
    shardCount: 16,
    objects: [],
  });
  await other.start();
  await other.object(Echo, `${address}/pinned`).Ping();
  await other.stop();
  const scrape = await (await fetch(`http://${String(metricsAddress)}/metrics`)).text();
  expect(scrape).toContain(
    `goverse_method_calls_total{node="${address}",object_type="Echo",method_name="Ping",status="success"} 1\n`,
  );

  program.child.kill("SIGTERM");
  expect(await program.exit()).toBe(0);
  expect(program.reports.at(-1)).toMatchObject({ type: "not-ready", address, reason: "stopping" });
});

test("a module in TypeScript, flags with one dash and variables work", async () => {
  const program = run(["-listen=localhost:0", "-http-listen", "0"], {
    GOVERSE_OBJECTS: join(folder, "objects.ts"),
    GOVERSE_ETCD: etcd.address,
    GOVERSE_ETCD_PREFIX: "/variables",
    GOVERSE_SHARDS: "16",
  });
  await program.report("ready");
  expect(program.stdout).toContain("object types: Echo");
});

test("a node ends when its parent goes", async () => {
  const program = run(goodArgs("/parent"));
  await program.report("ready");
  program.child.disconnect();
  expect(await program.exit()).toBe(0);
});

test("a signal while it waits for etcd ends it in good order", async () => {
  const program = run([...localArgs(), "--etcd", takenAddress()]);
  await program.report("listening");
  program.child.kill("SIGINT");
  expect(await program.exit()).toBe(0);
});

const refused: readonly (readonly [name: string, args: () => string[], status: number, message: string])[] = [
  [
    "an unknown flag",
    () => [...goodArgs("/x"), "--shard", "3"],
    2,
    "unknown option '--shard' (Did you mean --shards?)",
  ],
  ["a flag of later", () => [...goodArgs("/x"), "--serve-clients"], 2, "unknown option '--serve-clients'"],
  ["a wrong value", () => [...goodArgs("/x"), "--shards", "many"], 2, '--shards "many" is not valid'],
  ["a wrong address", () => [...goodArgs("/x"), "--advertise", "me"], 2, '(--advertise) "me" is not valid'],
  ["no objects", () => ["--listen", "localhost:0"], 2, "--objects is missing"],
  [
    "a missing module",
    () => [...goodArgs("/x"), "--objects", "/no/such.mjs"],
    1,
    "--objects /no/such.mjs does not exist",
  ],
  ["a module without objects", () => goodArgs("/x", "nothing.mjs"), 1, "exports no implementation"],
  ["a taken port", () => [...goodArgs("/x"), "--listen", takenAddress()], 1, "is in use by another program"],
  ["a taken metrics port", () => [...goodArgs("/x"), "--metrics-listen", takenAddress()], 1, "(--metrics-listen)"],
  [
    "an etcd that is not there",
    () => [...localArgs(), "--etcd", "localhost:1"],
    1,
    "etcd does not answer at localhost:1",
  ],
];

test.each(refused)("%s ends it with one clear line and the right status", async (_name, args, status, message) => {
  const program = run([...args()]);
  expect(await program.exit()).toBe(status);
  // The log may have said something before; the last line says why it ended, without a stack.
  expect(program.stderr.trim().split("\n").at(-1)).toContain(message);
  expect(program.stderr).not.toContain("    at ");
});

test("help and version are printed, and are no failure", async () => {
  const help = run(["--help"]);
  const version = run(["--version"]);
  expect(await help.exit()).toBe(0);
  expect(help.stdout).toContain("--metrics-listen");
  expect(await version.exit()).toBe(0);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

/** An address where somebody listens who is no etcd and answers nothing. */
function takenAddress(): string {
  return `127.0.0.1:${(taken.address() as AddressInfo).port}`;
}
