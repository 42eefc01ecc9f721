import { execFileSync } from "node:child_process";

/** One process as `ps` lists it. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/**
 * The processes above this one that were started together with it (npx, pnpm and the shells between them): those in its process
 * group. If one of them is gone, somebody ended the command in a way that this process did not hear of.
 */
export function startedTogether(self: number = process.pid): readonly number[] {
  return ancestorsInGroup(self, listProcesses());
}

/** Climbs from `self` to the first process of another group. Pure. */
export function ancestorsInGroup(self: number, rows: readonly ProcessRow[]): readonly number[] {
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  const group = byPid.get(self)?.group;
  const found: number[] = [];
  let row = byPid.get(byPid.get(self)?.parent ?? 0);
  // A list of processes is no snapshot: ids may have been used again, so that it could run in a circle.
  while (row !== undefined && row.group === group && !found.includes(row.pid)) {
    found.push(row.pid);
    row = byPid.get(row.parent);
  }
  return found;
}

/** Empty where there is no `ps`: then only the direct parent is watched. */
function listProcesses(): readonly ProcessRow[] {
  try {
    const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid="], { encoding: "utf8" });
    return text.split("\n").flatMap((line) => {
      const [pid = Number.NaN, parent = Number.NaN, group = Number.NaN] = line.trim().split(/\s+/).map(Number);
      return Number.isNaN(group) ? [] : [{ pid, parent, group }];
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
      if (pids.every(exists)) return;
      clearInterval(timer);
      resolve();
    }, CHECK_INTERVAL_MS);
    timer.unref();
  });
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
