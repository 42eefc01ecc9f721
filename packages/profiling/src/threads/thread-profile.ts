import { readdirSync, readFileSync } from "node:fs";
import { namedFrame, type Sample, type ValueType } from "../pprof/snapshot.ts";
import type { ProfilingClock } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";

/** One thread of the operating system. */
export interface OsThread {
  readonly id: number;
  readonly name: string;
  readonly cpuNs: number;
}

/** Linux counts the CPU time of threads in hundredths of a second, whatever the kernel's own tick. */
const NS_PER_TICK = 10_000_000;
/** Positions of user and system time after the name in `stat`. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** Reads one `/proc/…/stat`. The name is in parentheses and may contain some. */
export function parseThreadStat(id: number, stat: string): OsThread {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const ticks = Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME]);
  return { id, name: stat.slice(open + 1, close), cpuNs: ticks * NS_PER_TICK };
}

const THREADS = "/proc/self/task";

/** The threads of this process; only the main one where the system does not list them. */
function listThreads(): readonly OsThread[] {
  try {
    return readdirSync(THREADS).flatMap((name) => {
      try {
        return [parseThreadStat(Number(name), readFileSync(`${THREADS}/${name}/stat`, "utf8"))];
      } catch {
        // It has ended since it was listed.
        return [];
      }
    });
  } catch {
    const { user, system } = process.cpuUsage();
    return [{ id: process.pid, name: "main", cpuNs: (user + system) * 1000 }];
  }
}

const VALUE_TYPES: readonly [ValueType, ValueType] = [
  { type: "threadcreate", unit: "count" },
  { type: "cpu", unit: "nanoseconds" },
];

/** The threadcreate profile: the threads there are, with the CPU time each has taken. */
export function createThreadProfile(clock: ProfilingClock, description: string): ProfileSource {
  return {
    name: "threadcreate",
    description,
    count: () => listThreads().length,
    take: async () => ({
      valueTypes: VALUE_TYPES,
      defaultType: VALUE_TYPES[0].type,
      periodType: VALUE_TYPES[0],
      period: 1,
      samples: listThreads().map(sampleOf),
      comments: [],
      takenAtMs: clock.wallMs(),
      durationMs: 0,
    }),
  };
}

function sampleOf({ id, name, cpuNs }: OsThread): Sample {
  const label = id === process.pid ? `${name} (main)` : name;
  return { stack: [namedFrame(label), namedFrame("threads of the system")], values: [1, cpuNs], labels: { tid: id } };
}
