import type { Epoch } from "@goverse/core";
import type { Consensus } from "../../src/index.ts";

interface Sighting {
  readonly owner: string;
  readonly epoch: Epoch;
}

/** How often it looks by itself, besides after every change that any process sees. */
const SAMPLE_INTERVAL_MS = 2;

/**
 * Asks every process, again and again, what it owns: no shard may have two owners at one instant, and every new ownership must
 * have a higher epoch than all before it.
 */
export class OwnershipSampler {
  readonly violations: string[] = [];
  samples = 0;
  readonly #shardCount: number;
  readonly #members: { readonly name: string; readonly consensus: Consensus }[] = [];
  readonly #last = new Map<number, Sighting>();
  readonly #timer: NodeJS.Timeout;

  constructor(shardCount: number, intervalMs: number = SAMPLE_INTERVAL_MS) {
    this.#shardCount = shardCount;
    this.#timer = setInterval(() => this.sample(), intervalMs);
  }

  watch(name: string, consensus: Consensus): void {
    this.#members.push({ name, consensus });
    consensus.onChange(() => this.sample());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once. */
  sample(): void {
    this.samples += 1;
    for (let shard = 0; shard < this.#shardCount; shard += 1) this.#look(shard);
  }

  /** @throws Error when there was a violation, or when it never looked. */
  verify(): void {
    if (this.violations.length > 0) throw new Error(`ownership violated:\n${this.violations.join("\n")}`);
    if (this.samples === 0) throw new Error("ownership was never sampled");
  }

  #look(shard: number): void {
    const sightings: Sighting[] = [];
    for (const { name, consensus } of this.#members) {
      const epoch = consensus.ownership.epochOf({ kind: "shard", shard });
      if (epoch !== undefined) sightings.push({ owner: `${name}#${consensus.incarnation}`, epoch });
    }
    if (sightings.length > 1) this.violations.push(`shard ${shard} has two owners: ${JSON.stringify(sightings)}`);
    const [now] = sightings;
    const last = this.#last.get(shard);
    if (now === undefined) return;
    const isSame = last !== undefined && last.owner === now.owner && last.epoch === now.epoch;
    if (last !== undefined && !isSame && now.epoch <= last.epoch) {
      this.violations.push(`epoch of shard ${shard} did not grow: ${JSON.stringify([last, now])}`);
    }
    this.#last.set(shard, now);
  }
}
