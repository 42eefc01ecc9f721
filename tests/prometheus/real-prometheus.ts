import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, until } from "../support/program.ts";
import { findTool } from "../support/tools.ts";
import { startWatchdog } from "../support/watchdog.ts";

/** One series of an answer. */
export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One rule as Prometheus tells of it. */
export interface RuleState {
  readonly name: string;
  readonly type: "alerting" | "recording";
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly state?: "inactive" | "pending" | "firing";
}

/** A running Prometheus. */
export interface RealPrometheus {
  readonly url: string;
  /** Runs an instant query. Throws what Prometheus says when it refuses it. */
  query(expr: string): Promise<readonly QueryResult[]>;
  /** The only value of a query that has one. */
  value(expr: string): Promise<number | undefined>;
  rules(): Promise<readonly RuleState[]>;
  /** Addresses of what it scrapes, with the health of each. */
  targets(): Promise<ReadonlyMap<string, string>>;
  stop(): Promise<void>;
}

interface Answer<T> {
  readonly status: string;
  readonly data: T;
  readonly error?: string;
}

/** Starts the installed Prometheus on loopback with this configuration and waits until it is ready. */
export async function startRealPrometheus(config: string): Promise<RealPrometheus> {
  const program = findTool("prometheus");
  if (program === undefined) throw new Error("prometheus is not installed: ask requireTool before starting it.");
  const folder = mkdtempSync(join(tmpdir(), "goverse-prometheus-"));
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, config);
  const address = `localhost:${await freePorts(1)}`;
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${address}`,
    "--enable-feature=exemplar-storage",
    "--log.level=warn",
  ];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const exited = once(child, "exit");
  const watchdog = startWatchdog(child.pid ?? 0);
  const stop = async (): Promise<void> => {
    watchdog.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };

  const url = `http://${address}`;
  try {
    await until(
      async () => child.exitCode !== null || (await fetch(`${url}/-/ready`)).ok,
      30_000,
      () => complaints,
    );
    if (child.exitCode !== null) throw new Error(`prometheus ended with exit code ${child.exitCode}: ${complaints}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop, ...api(url) };
}

function api(url: string): Pick<RealPrometheus, "query" | "value" | "rules" | "targets"> {
  const get = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer<T>;
    if (answer.status !== "success") throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  };
  const query = async (expr: string): Promise<readonly QueryResult[]> => {
    const { resultType, result } = await get<{
      resultType: string;
      result: readonly { metric: Record<string, string>; value: [number, string] }[];
    }>(`query?query=${encodeURIComponent(expr)}`);
    if (resultType !== "vector") throw new Error(`${expr} is a ${resultType}`);
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text.replace("Inf", "Infinity")) }));
  };
  return {
    query,
    value: async (expr) => {
      const [first, ...rest] = await query(expr);
      if (rest.length > 0) throw new Error(`${expr} has ${rest.length + 1} results`);
      return first?.value;
    },
    rules: async () => {
      const { groups } = await get<{ groups: readonly { rules: readonly RuleState[] }[] }>("rules");
      return groups.flatMap(({ rules }) => rules);
    },
    targets: async () => {
      const { activeTargets } = await get<{
        activeTargets: readonly { labels: { instance: string }; health: string }[];
      }>("targets?state=active");
      return new Map(activeTargets.map(({ labels, health }) => [labels.instance, health]));
    },
  };
}
