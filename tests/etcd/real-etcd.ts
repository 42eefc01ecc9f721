import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../support/tools.ts";
import { startWatchdog } from "../support/watchdog.ts";

/** A cold start takes about a second; a loaded machine needs more. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Lines of etcd's own output kept for the message when it does not start. */
const KEPT_LINES = 20;

/** How to start a real etcd. */
export interface RealEtcdOptions {
  /** Client port; default a free one. Give the port of a stopped server together with its `dataDir` to start it again. */
  readonly port?: number;
  /** Where it stores its data; default a new temporary folder that `stop` removes. A given folder is left alone. */
  readonly dataDir?: string;
  /** Further flags, for example `["--heartbeat-interval=50"]`. */
  readonly args?: readonly string[];
}

/** A running etcd process. */
export interface RealEtcd {
  /** `"127.0.0.1:PORT"`. */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** Sends a signal: `SIGSTOP` and `SIGCONT` freeze and thaw it, `SIGKILL` is a crash. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process and removes its temporary folder. Harmless when called twice. */
  stop(): Promise<void>;
}

/** Starts the installed etcd on loopback and waits until it answers. Throws when it is not installed or does not start. */
export async function startRealEtcd(options: RealEtcdOptions = {}): Promise<RealEtcd> {
  const program = findTool("etcd");
  if (program === undefined) throw new Error("etcd is not installed: ask requireTool before starting it.");
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "goverse-etcd-")));
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    program,
    [
      `--data-dir=${dataDir}`,
      `--listen-client-urls=http://${address}`,
      `--advertise-client-urls=http://${address}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--log-level=error",
      ...(options.args ?? []),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const output = keepLastLines(child);
  const exited = once(child, "exit");
  const watchdog = startWatchdog(child.pid ?? 0);

  const stop = async (): Promise<void> => {
    // First, so that it never signals a number that has been given to another process.
    watchdog.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await untilHealthy(child, address);
  } catch (error) {
    await stop();
    throw new Error(`etcd did not start on ${address}: ${output().join("\n")}`, { cause: error });
  }
  return {
    address,
    port,
    pid: child.pid ?? 0,
    dataDir,
    signal: (name) => void child.kill(name),
    stop,
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function keepLastLines(child: ChildProcess): () => readonly string[] {
  const lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    lines.push(...chunk.toString().split("\n"));
    lines.splice(0, lines.length - KEPT_LINES);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => lines;
}

async function untilHealthy(child: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    const healthy = await fetch(`http://${address}/health`, { signal: AbortSignal.timeout(1000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`it did not answer within ${START_TIMEOUT_MS} ms`);
}
