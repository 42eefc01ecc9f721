import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProcessPlan } from "./plan.ts";

/** What a child says over its IPC channel. */
export interface ChildReport {
  readonly type: "listening" | "ready" | "not-ready";
  readonly reason?: string;
}

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the supervisor wants to hear from a child. */
export interface ChildListeners {
  readonly onReport: (report: ChildReport) => void;
  readonly onLine: (line: string) => void;
  readonly onExit: (exit: ChildExit) => void;
}

/** One process of the cluster. */
export interface Child {
  readonly pid: number | undefined;
  /** Asks it to stop in good order. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

const ENTRIES: Record<ProcessPlan["role"] | "traffic", string> = {
  node: fileURLToPath(new URL("../../node/src/main.ts", import.meta.url)),
  gate: fileURLToPath(new URL("../../gate/src/main.ts", import.meta.url)),
  traffic: fileURLToPath(new URL("traffic-main.ts", import.meta.url)),
};

/**
 * Starts a process of the cluster from its sources. It has a process group of its own, so that Ctrl-C reaches only the supervisor,
 * which ends the others in order; and an IPC channel, so that it ends by itself when the supervisor is gone.
 */
export function startChild(entry: keyof typeof ENTRIES, args: readonly string[], listeners: ChildListeners): Child {
  const child = spawn(process.execPath, ["--conditions=@goverse/source", "--import", "tsx", ENTRIES[entry], ...args], {
    detached: true,
    // What they say on standard output for people, they say on the channel for programs.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  forwardLines(child, listeners.onLine);
  child.on("message", (message) => {
    if (isReport(message)) listeners.onReport(message);
  });
  // `close` comes after the last line of output, `exit` may come before it.
  child.on("close", (code, signal) => listeners.onExit({ code, signal }));
  child.on("error", (error) => listeners.onLine(`cannot be started: ${error.message}`));
  return {
    pid: child.pid,
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
  };
}

function isReport(message: unknown): message is ChildReport {
  const type = typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
  return type === "listening" || type === "ready" || type === "not-ready";
}

function forwardLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  child.stderr?.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
