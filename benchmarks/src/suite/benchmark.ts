/** One line of a table of results. */
export interface Row {
  readonly name: string;
  /** Median over the rounds, in `unit`. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
  /** How many times the baseline, which is the first row: the median of the quotients within each round. */
  readonly ratio?: number | undefined;
  /** What the ratio should be, in words. */
  readonly goal?: string | undefined;
}

/**
 * What a module `src/*.bench.ts` exports as `benchmark`. A new file is a new table: `pnpm bench` finds it, and runs it in a process of
 * its own, so that the code of one does not meet what another left in the compiler or the heap.
 */
export interface Benchmark {
  readonly title: string;
  /** What was measured, and against what: one or two sentences. */
  readonly about: string;
  /** What bounds it, found with a profiler: a sentence. */
  readonly boundBy: string;
  /** Measures. Throws when what was measured did not do what it should. */
  readonly run: () => Promise<readonly Row[]>;
}
