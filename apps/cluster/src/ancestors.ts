import { execFileSync } from "node:child_process";
import { processExists } from "@goverse/host";

/** One process as `ps` lists it. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** What stands between a person's shell and this process: package managers and the shells they start. */
const LAUNCHER = /^(?:\S*\/)?(?:sh|bash|dash) -c |(?:^|[\s/])(?:pnpm|npm|npx)(?:\s|$)/;

/**
 * The processes that were started only to start this one. If one of them is gone, somebody ended the command in a way that this
 * process did not hear of: package managers run scripts in process groups of their own.
 */
export function launchers(self: number = process.pid): readonly number[] {
  return launchersAbove(self, listProcesses());
}

/** Climbs from `self` to the first process that is no launcher. Pure. */
export function launchersAbove(self: number, rows: readonly ProcessRow[]): readonly number[] {
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  const found: number[] = [];
  let row = byPid.get(byPid.get(self)?.parent ?? 0);
  // A list of processes is no snapshot: ids may have been used again, so that it could run in a circle.
  while (row !== undefined && LAUNCHER.test(row.command) && !found.includes(row.pid)) {
    found.push(row.pid);
    row = byPid.get(row.parent);
  }
  return found;
}

/** Empty where there is no `ps`: then only the direct parent is watched. */
function listProcesses(): readonly ProcessRow[] {
  try {
    const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
    return text.split("\n").flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
  } catch {
    return [];
  }
}

/** How often they are looked at, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** Resolves when one of these processes no longer exists; never when there is none. */
export function anyGone(pids: readonly number[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (pids.every((pid) => processExists(pid))) return;
      clearInterval(timer);
      resolve();
    }, CHECK_INTERVAL_MS);
    timer.unref();
  });
}
