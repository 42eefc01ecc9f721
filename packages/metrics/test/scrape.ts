import type { GoverseMetrics } from "../src/index.ts";

/** The text of one scrape. */
export async function text(
  metrics: GoverseMetrics,
  options: Parameters<GoverseMetrics["expose"]>[0] = {},
): Promise<string> {
  return (await metrics.expose(options)).chunks.join("");
}

/** Sample lines of one metric: what stands before the value → the value. */
export async function samples(metrics: GoverseMetrics, name: string): Promise<Record<string, number>> {
  const lines = (await text(metrics, { names: new Set([name]) }))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

/** A clock that stands still until it is told to move. */
export class StoppedClock {
  #nowMs = 1_000_000;

  monotonicMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
