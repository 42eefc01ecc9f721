import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "..", "..");

/** How a program ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program under test, with everything it printed. */
export interface Program {
  readonly pid: number;
  /** Standard output and standard error so far, as they came. */
  output(): string;
  /** Resolves to the match when the output matches; rejects when the program ends or `timeoutMs` passes before. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  signal(signal: NodeJS.Signals): void;
  readonly exit: Promise<ProgramExit>;
  /** Ends it and everything in its process group, for `afterAll`. */
  destroy(): Promise<void>;
}

/** Node's arguments for running an entry of the workspace from its sources. */
export function fromSource(entry: string): string[] {
  return ["--conditions=@goverse/source", "--import", "tsx", join(ROOT, entry)];
}

/** Starts `node` with these arguments in the repository's root. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const exit = new Promise<ProgramExit>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid ?? 0,
    output: () => text,
    waitFor: (pattern, timeoutMs = 30_000) => waitForOutput(child, pattern, () => text, timeoutMs),
    signal: (signal) => void child.kill(signal),
    exit,
    destroy: async () => {
      if (child.exitCode === null && child.signalCode === null) killGroup(child);
      await exit;
    },
  };
}

async function waitForOutput(
  child: ChildProcess,
  pattern: RegExp,
  text: () => string,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const found = await until(
    () => pattern.exec(text()) ?? (child.exitCode === null && child.signalCode === null ? undefined : "ended"),
    timeoutMs,
    () => `the output does not match ${String(pattern)}:\n${text()}`,
  );
  if (found !== "ended") return found;
  const last = pattern.exec(text());
  if (last === null) {
    throw new Error(`the program ended (${child.exitCode ?? child.signalCode}) without ${String(pattern)}:\n${text()}`);
  }
  return last;
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/** How often a condition is looked at, in milliseconds. */
const POLL_MS = 20;

/** Waits until `probe` answers something other than `undefined` or false; what it throws counts as not yet. */
export async function until<T>(
  probe: () => T | Promise<T>,
  timeoutMs = 20_000,
  describe: () => string = () => "the condition did not come true",
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${describe()}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whether a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port with `count - 1` free ones after it, below the range from which the system hands out ephemeral ports. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "localhost", () => server.close(() => resolve(true)));
  });
}
