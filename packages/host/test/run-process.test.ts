import { type ChildProcess, fork, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EXIT_STATUS } from "../src/index.ts";

// Each test starts a Node process or two, on machines that are busy with other suites.
vi.setConfig({ testTimeout: 30_000 });

const PROGRAM = fileURLToPath(new URL("./fixtures/program.ts", import.meta.url));
const NODE_ARGS = ["--conditions=@goverse/source", "--import", "tsx"];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

class Run {
  readonly child: ChildProcess;
  out = "";
  err = "";

  constructor(child: ChildProcess) {
    this.child = child;
    children.push(child);
    child.stdout?.on("data", (text: Buffer) => (this.out += text.toString()));
    child.stderr?.on("data", (text: Buffer) => (this.err += text.toString()));
  }

  /** Resolves when standard output contains `text`. */
  async says(text: string): Promise<void> {
    while (!this.out.includes(text)) await once(this.child.stdout as NodeJS.ReadableStream, "data");
  }

  /** The exit status. */
  async ends(): Promise<number | null> {
    const [status] = (await once(this.child, "close")) as [number | null];
    return status;
  }
}

function start(behaviour: string, env: Record<string, string> = {}): Run {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
  return new Run(
    spawn(process.execPath, [...NODE_ARGS, PROGRAM, behaviour], { stdio, env: { ...process.env, ...env } }),
  );
}

describe("a process", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("stops once and ends with 0 on %s", async (signal) => {
    const run = start("run");
    await run.says("up");
    run.child.kill(signal);
    expect(await run.ends()).toBe(EXIT_STATUS.ok);
    expect(run.out).toBe(`up\nstopped: ${signal}\n`);
    expect(run.err).toContain(`stopping reason=${signal}`);
  });

  it("ends with 0 when it is stopped while it starts", async () => {
    const run = start("slow-start");
    await run.says("up");
    run.child.kill("SIGTERM");
    expect(await run.ends()).toBe(EXIT_STATUS.ok);
  });

  it("ends by itself when a stop takes too long", async () => {
    const run = start("hangs");
    await run.says("up");
    run.child.kill("SIGTERM");
    expect(await run.ends()).toBe(EXIT_STATUS.stopTimeout);
    expect(run.err).toContain("could not stop in time stopTimeoutMs=100");
  });

  it("takes signals that arrive together for one, and ends at once on a second one", async () => {
    const run = start("stops-slowly");
    await run.says("up");
    run.child.kill("SIGINT");
    await run.says("stopping: SIGINT");
    // A supervisor passes on what the terminal has already told the whole group.
    run.child.kill("SIGTERM");
    const ended = run.ends();
    const impatience = setInterval(() => run.child.kill("SIGINT"), 100);
    expect(await ended).toBe(130);
    clearInterval(impatience);
  });

  it("ends with 0 when its work is done", async () => {
    const run = start("ends");
    expect(await run.ends()).toBe(EXIT_STATUS.ok);
    expect(run.out).toBe("stopped: the program ended\n");
  });

  it.each([
    ["wrong-usage", EXIT_STATUS.usage, '--shards "x" is not valid\n'],
    ["cannot-start", EXIT_STATUS.failed, "etcd does not answer\n"],
  ])("%s ends with its status and one line", async (behaviour, status, line) => {
    const run = start(behaviour);
    expect([await run.ends(), run.err, run.out]).toEqual([status, line, ""]);
  });

  it("prints help on standard output", async () => {
    const run = start("help");
    expect([await run.ends(), run.out, run.err]).toEqual([EXIT_STATUS.ok, "Usage: …\n", ""]);
  });

  it.each([
    ["bug", "undefined is no function"],
    ["late-bug", "nobody caught me"],
  ])("%s ends with 70 and a stack", async (behaviour, message) => {
    const run = start(behaviour);
    expect(await run.ends()).toBe(EXIT_STATUS.internal);
    expect(run.err).toContain(message);
    expect(run.err).toMatch(/\n +at .*program\.ts/);
  });

  it("is stopped in good order also when it fails by itself, and in time", async () => {
    const run = start("breaks");
    expect([await run.ends(), run.err]).toEqual([EXIT_STATUS.failed, "the disk is full\n"]);
    expect(run.out).toBe("stopped: the program ended\n");
    const hanging = start("ends-and-hangs");
    expect(await hanging.ends()).toBe(EXIT_STATUS.stopTimeout);
  });
});

it("that runs other people's code outlives a promise nobody awaited, and says so", async () => {
  const run = start("survives");
  await run.says("still up");
  run.child.kill("SIGTERM");
  expect(await run.ends()).toBe(EXIT_STATUS.ok);
  expect(run.err).toContain("a promise was rejected and nobody awaited it");
  expect(run.err).toContain("nobody awaited me");
});

describe("a child", () => {
  it("stops when the channel to its parent closes", async () => {
    const run = new Run(fork(PROGRAM, ["run"], { execArgv: NODE_ARGS, stdio: ["ignore", "pipe", "pipe", "ipc"] }));
    await run.says("up");
    // Node does not report "close" of a child whose channel the parent has closed.
    const exited = once(run.child, "exit");
    run.child.disconnect();
    await run.says("stopped: the parent process is gone");
    expect(await exited).toEqual([EXIT_STATUS.ok, null]);
  });

  it("stops when the process it was told to watch is gone", async () => {
    const parent = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    children.push(parent);
    const run = start("run", { GOVERSE_PARENT_PID: String(parent.pid) });
    await run.says("up");
    parent.kill("SIGKILL");
    expect(await run.ends()).toBe(EXIT_STATUS.ok);
    expect(run.out).toContain("stopped: the parent process is gone");
  });

  it("does not mind a reader that went away", async () => {
    const run = start("run");
    await run.says("up");
    run.child.stdout?.destroy();
    run.child.stderr?.destroy();
    run.child.kill("SIGTERM");
    expect(await run.ends()).toBe(EXIT_STATUS.ok);
  });
});
