import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { contract, implement } from "@goverse/core";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { Server } from "@goverse/server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const SHARDS = 8;
/** Starting a process from sources takes a second or two on a busy machine. */
const TIMEOUT_MS = 30_000;

const Greeter = contract("Greeter", { methods: { Greet: {} } });
const greeter = implement(Greeter, { state: () => ({}), methods: { Greet: () => undefined } });

let etcd: EmbeddedEtcd;
let node: Server;
const children = new Set<Program>();

/** The real program, from its sources. */
class Program {
  readonly child: ChildProcess;
  readonly reports: Record<string, unknown>[] = [];
  output = "";
  errors = "";
  readonly exit: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ["--conditions=@goverse/source", "--import", "tsx", MAIN, ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...env },
    });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    this.child.on("message", (message) => this.reports.push(message as Record<string, unknown>));
    // Not `close`: it does not come after `disconnect`.
    const ended = [this.child.stdout, this.child.stderr].map((stream) => once(stream as NodeJS.ReadableStream, "end"));
    this.exit = Promise.all([once(this.child, "exit"), ...ended]).then(([[code]]) => code as number | null);
    children.add(this);
  }

  /** Waits for a report of a kind. */
  async report(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.reports.find((report) => report["type"] === type);
      if (found !== undefined) return found;
      const ended = await Promise.race([once(this.child, "message").then(() => false), this.exit.then(() => true)]);
      if (ended) throw new Error(`it ended before it was ${type}: ${this.errors}${this.output}`);
    }
  }
}

function gate(...args: readonly string[]): Program {
  return new Program([
    "--listen=localhost:0",
    "--http-listen=localhost:0",
    `--etcd=${etcd.address}`,
    `--shards=${SHARDS}`,
    ...args,
  ]);
}

beforeAll(async () => {
  etcd = await startEmbeddedEtcd();
  const options = { listenAddress: "localhost:0", etcdAddress: etcd.address, shardCount: SHARDS };
  node = new Server({ ...options, objects: [greeter] });
  await node.start();
}, TIMEOUT_MS);

afterEach(async () => {
  for (const program of children) {
    program.child.kill("SIGKILL");
    await program.exit;
  }
  children.clear();
});

afterAll(async () => {
  await node.stop();
  await etcd.stop();
});

describe("the gate program", { timeout: TIMEOUT_MS }, () => {
  test("says when it listens and when it is ready, serves calls, and stops when it is told to", async () => {
    const program = gate();
    const listening = await program.report("listening");
    expect(await program.report("ready")).toEqual({ ...listening, type: "ready" });
    const url = `http://${String(listening["httpAddress"])}`;
    expect((await fetch(`${url}/api/v1/call/Greeter/a/Greet`, { method: "POST" })).status).toBe(204);
    expect(await (await fetch(`${url}/ready`)).json()).toEqual({ status: "ready" });
    program.child.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    const address = String(listening["address"]);
    expect(program.output.split("\n").slice(0, 2)).toEqual([
      `gate ${address} listens, HTTP at ${url}, metrics at ${url}/metrics`,
      `gate ${address} is ready`,
    ]);
  });

  test("takes flags with one dash, and the environment where there is no flag", async () => {
    const environment = { GOVERSE_ETCD: etcd.address, GOVERSE_SHARDS: String(SHARDS), GOVERSE_LISTEN: "localhost:1" };
    const program = new Program(["-listen", "localhost:0", "-ops-listen=localhost:0"], environment);
    const report = await program.report("ready");
    expect(report).toMatchObject({ opsAddress: expect.stringMatching(/^localhost:\d+$/) as string });
    expect(report["httpAddress"]).toBeUndefined();
    expect((await fetch(`http://${String(report["opsAddress"])}/metrics`)).status).toBe(200);
  });

  test("stops when its parent goes", async () => {
    const program = gate();
    await program.report("ready");
    program.child.disconnect();
    expect(await program.exit).toBe(0);
  });

  test("prints its options and its version", async () => {
    const help = new Program(["--help"]);
    const version = new Program(["--version"]);
    expect(await Promise.all([help.exit, version.exit])).toEqual([0, 0]);
    for (const flag of ["--listen", "--http-listen", "--ops-listen", "--static", "--cors-origin", "--etcd-prefix"]) {
      expect(help.output).toContain(flag);
    }
    expect(version.output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("ends with status 2 for a flag it does not know, and names the nearest", async () => {
    const program = new Program(["--http-lissten=:1"]);
    expect(await program.exit).toBe(2);
    expect(program.errors).toBe("unknown option '--http-lissten' (Did you mean --http-listen?)\n");
  });

  test("ends with status 1 and one clear line when etcd does not answer", async () => {
    const program = new Program(["--listen=localhost:0", "--etcd=localhost:1", "--log-level=silent"]);
    expect(await program.exit).toBe(1);
    expect(program.errors).toMatch(/^etcd does not answer at localhost:1 .*\n$/);
  });

  test("ends with status 1 and one clear line when its port is taken", async () => {
    const holder = createServer().listen(0, "localhost");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const grpc = gate(`--listen=localhost:${port}`, "--log-level=silent");
    const http = gate(`--http-listen=localhost:${port}`, "--log-level=silent");
    expect(await Promise.all([grpc.exit, http.exit])).toEqual([1, 1]);
    for (const [program, option] of [
      [grpc, "--listen"],
      [http, "--http-listen"],
    ] as const) {
      expect(program.errors.trimEnd().split("\n")).toHaveLength(1);
      expect(program.errors).toContain(option);
      expect(program.errors).toContain(String(port));
    }
    holder.close();
  });
});
