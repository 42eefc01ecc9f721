// Every command of docs/profiling.md, on a service that has something to show.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts, until } from "../support/program.ts";
import { requireTool } from "../support/tools.ts";
import { type ProfiledService, startService } from "./profiled-service.ts";
import { aimAt, findShownCommands } from "./shown-commands.ts";

const commands = findShownCommands();
const tools = ["go", "dot", "curl"].map((name) => requireTool(name, "the commands of docs/profiling.md"));
const canRun = tools.every((tool) => tool !== undefined);
/** One writes what the next reads. */
const needsOther = (command: string): boolean => command.includes("before.pb.gz");
const isServer = (command: string): boolean => command.includes("-http=");

let service: ProfiledService;
let folder: string;
let stopTraffic: () => Promise<void>;

beforeAll(async () => {
  if (!canRun) return;
  folder = mkdtempSync(join(tmpdir(), "goverse-guide-"));
  service = await startService();
  stopTraffic = service.keepAsking("spend", 7.3);
  await Promise.all([service.ask("history", 50), service.ask("send", 3), service.ask("leak", 50_000)]);
});

afterAll(async () => {
  await stopTraffic?.();
  await service?.program.destroy();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Runs it as typed, in a folder of its own. Interactive ones are told to show the top, and to quit. */
function shell(command: string): Promise<{ status: number | null; out: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PPROF_TMPDIR: folder };
    const child = spawn("bash", ["-c", command], { cwd: folder, env, timeout: 50_000 });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, out }));
    child.stdin.end("top\nquit\n");
  });
}

test("the guide has the commands of every scenario", () => {
  const text = commands.join("\n");
  for (const part of [
    "/profile",
    "/heap",
    "/goroutine",
    "/mutex",
    "/block",
    "/trace",
    "-base",
    "-svg",
    "-http",
    "seconds=60",
  ]) {
    expect(text).toContain(part);
  }
  expect(aimAt("go tool pprof http://localhost:8080/debug/pprof/profile?seconds=60", "h:1")).toBe(
    "go tool pprof http://h:1/debug/pprof/profile?seconds=1",
  );
  expect(aimAt("go tool pprof -svg http://localhost:8080/debug/pprof/profile > a", "h:1")).toBe(
    "go tool pprof -svg http://h:1/debug/pprof/profile?seconds=1 > a",
  );
});

async function runShown(command: string): Promise<void> {
  const { status, out } = await shell(aimAt(command, new URL(service.url).host));
  expect(status, out).toBe(0);
  expect(out).not.toMatch(/failed to fetch|unrecognized|parsing profile|no such file/);
}

const alone = commands.filter((command) => !isServer(command) && !needsOther(command));

// They mostly wait for the service, so they wait together.
describe.concurrent("commands that stand alone", () => {
  test.runIf(canRun).each(alone)("%s", runShown);
});

test.runIf(canRun).each(commands.filter(needsOther))("%s", runShown);

test.runIf(canRun).each(commands.filter(isServer))("%s", async (command) => {
  const port = await freePorts(1);
  const aimed = aimAt(command, new URL(service.url).host).replace(
    /-http=\S*:\d+/,
    `-no_browser -http=localhost:${port}`,
  );
  const child = spawn("bash", ["-c", aimed], { cwd: folder, detached: true, stdio: "ignore" });
  try {
    const page = (path: string): Promise<Response> => fetch(`http://localhost:${port}/ui/${path}`);
    await until(async () => (await page("")).ok);
    for (const path of ["", "top", "peek", "source", "flamegraph"]) {
      const response = await page(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect((await response.text()).length).toBeGreaterThan(1000);
    }
  } finally {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  }
});
