/** Something to measure: one operation, awaited. */
export interface Candidate {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** What a candidate took. */
export interface Measured {
  readonly name: string;
  /** Median over the rounds, in nanoseconds per operation. */
  readonly medianNs: number;
  readonly fastestNs: number;
  readonly slowestNs: number;
}

/** How long a measurement is. */
export interface Rounds {
  readonly rounds: number;
  readonly operationsPerRound: number;
}

/**
 * Measures all candidates in turn, round after round, so that a machine that slows down slows all of them. The first round only warms
 * up.
 */
export async function measure(
  candidates: readonly Candidate[],
  { rounds, operationsPerRound }: Rounds,
): Promise<Measured[]> {
  const samples = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of candidates) {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < operationsPerRound; i += 1) await run();
      const tookNs = Number(process.hrtime.bigint() - startNs);
      if (round > 0) samples.get(name)?.push(tookNs / operationsPerRound);
    }
  }
  return [...samples].map(([name, taken]) => summarise(name, taken));
}

function summarise(name: string, taken: readonly number[]): Measured {
  const sorted = [...taken].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { name, medianNs: at(0.5), fastestNs: at(0), slowestNs: at(1) };
}

/** Prints medians, their spread, and how many times the baseline (the first one) each takes. */
export function print(title: string, measured: readonly Measured[]): void {
  const baselineNs = measured[0]?.medianNs ?? Number.NaN;
  process.stdout.write(`\n${title} (Node ${process.version})\n`);
  for (const { name, medianNs, fastestNs, slowestNs } of measured) {
    const spread = `${fastestNs.toFixed(0)}–${slowestNs.toFixed(0)}`;
    const ratio = `${(medianNs / baselineNs).toFixed(1)}×`;
    process.stdout.write(
      `${name.padEnd(44)}${medianNs.toFixed(0).padStart(8)} ns ${spread.padStart(14)}${ratio.padStart(9)}\n`,
    );
  }
}
