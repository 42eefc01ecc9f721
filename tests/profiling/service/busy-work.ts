// Functions of known cost. What they take they measure themselves, since a machine under load stretches everything.

/** Milliseconds that each function says it took, since the start. */
export const spentMs: Record<string, number> = { spendHalf: 0, spendThird: 0, spendRest: 0, stallTheLoop: 0 };

function spend(name: string, durationMs: number, step: () => number): number {
  const startMs = performance.now();
  let sum = 0;
  while (performance.now() - startMs < durationMs) sum += step();
  spentMs[name] = (spentMs[name] ?? 0) + performance.now() - startMs;
  return sum;
}

/** Takes five parts of ten. */
export function spendHalf(unitMs: number): number {
  return spend("spendHalf", unitMs * 5, () => Math.sqrt(Math.random()));
}

/** Takes three parts of ten. */
export function spendThird(unitMs: number): number {
  return spend("spendThird", unitMs * 3, () => Math.sin(Math.random()));
}

/** Takes two parts of ten. */
export function spendRest(unitMs: number): number {
  return spend("spendRest", unitMs * 2, () => Math.log(Math.random() + 1));
}

/** Keeps the event loop from turning. */
export function stallTheLoop(durationMs: number): number {
  return spend("stallTheLoop", durationMs, () => Math.cos(Math.random()));
}

/** What a leak keeps. */
class LeakedMessage {
  readonly id: number;
  readonly at: number;
  readonly author: string;
  constructor(id: number, at: number, author: string) {
    this.id = id;
    this.at = at;
    this.author = author;
  }
}

const kept: LeakedMessage[] = [];

/** Never lets go of what it makes. */
export function leakMessages(count: number): number {
  for (let id = 0; id < count; id += 1) kept.push(new LeakedMessage(id, kept.length, "somebody"));
  return kept.length;
}
