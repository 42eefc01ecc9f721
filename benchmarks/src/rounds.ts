import { setTimeout as delay } from "node:timers/promises";
import type { Row } from "./suite/benchmark.ts";

/** Something to measure. */
export interface Candidate {
  readonly name: string;
  /** Does operation number `i`. */
  readonly run: (i: number) => Promise<unknown>;
  /** How many operations have really been carried out so far: every round checks that none is missing. */
  readonly completed?: () => number;
  /** What its ratio should be, in words. */
  readonly goal?: string;
}

/** How long a measurement is. */
export interface Rounds {
  readonly rounds: number;
  readonly operationsPerRound: number;
  /** Operations under way at a time. Default 1. */
  readonly inFlight?: number;
  /** How many things one operation does, when one alone would be shorter than the loop around it. Default 1. */
  readonly perOperation?: number;
}

/** Pause before each round, in milliseconds: calls that stay in the process leave no room for anything else, such as leases. */
const PAUSE_MS = 20;

/**
 * Measures the CPU time of each operation (with the garbage collector's share, whatever thread it ran on), which other programs on
 * the machine change less than the time that passes. All candidates take turns, round after round, so that a machine that slows down
 * slows all of them; the first round only warms up. The first candidate is the baseline.
 * @throws Error when operations were not carried out.
 */
export async function measure(candidates: readonly Candidate[], rounds: Rounds): Promise<Row[]> {
  const samples = candidates.map((): number[] => []);
  for (let round = 0; round <= rounds.rounds; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      const took = await measureRound(candidate, rounds);
      if (round > 0) samples[index]?.push(took);
    }
  }
  const baseline = samples[0] ?? [];
  return candidates.map(({ name, goal }, index) => {
    const taken = samples[index] ?? [];
    const ratio = median(taken.map((ns, round) => ns / (baseline[round] ?? Number.NaN)));
    return { name, ...spreadOf(taken), unit: "ns", ratio: index === 0 ? undefined : ratio, goal };
  });
}

/** Median, fastest and slowest. */
export function spreadOf(taken: readonly number[]): Pick<Row, "median" | "low" | "high"> {
  return { median: median(taken), low: Math.min(...taken), high: Math.max(...taken) };
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Runs operations 0 to `count` - 1, `inFlight` at a time. */
export async function drive(run: Candidate["run"], count: number, inFlight: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await run(next - 1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}

async function measureRound({ name, run, completed }: Candidate, rounds: Rounds): Promise<number> {
  const { operationsPerRound, inFlight = 1, perOperation = 1 } = rounds;
  await delay(PAUSE_MS);
  const before = completed?.() ?? 0;
  const started = process.cpuUsage();
  await drive(run, operationsPerRound, inFlight);
  const { user, system } = process.cpuUsage(started);
  const done = completed === undefined ? operationsPerRound : completed() - before;
  if (done !== operationsPerRound) {
    throw new Error(`${name}: ${done} of ${operationsPerRound} operations were carried out`);
  }
  return ((user + system) * 1000) / (operationsPerRound * perOperation);
}
