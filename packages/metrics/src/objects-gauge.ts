import type { MetricDefinition } from "./definition.ts";
import type { OnRefused, Sample } from "./family.ts";
import { MetricFamily } from "./family.ts";
import { ZERO_RETENTION_MS } from "./limits.ts";
import type { ObjectCountSource } from "./object-counts.ts";
import { labelPairs } from "./text.ts";
import type { TextSink } from "./text.ts";

/** What the scrape remembers of one type: which shards were seen with objects, and since when they have none. */
interface TypeMemory {
  readonly linePrefix: string;
  /** 1 where the last scrape saw objects, or saw a 0 that is still being shown. */
  readonly shown: Uint8Array;
  /** Slot → time of the first scrape that saw it empty. */
  readonly emptySinceMs: Map<number, number>;
}

/**
 * `goverse_objects_total`: scans the counts when scraped. Empty shards are left out, which keeps small clusters cheap; one that has
 * just become empty is shown as 0 for {@link ZERO_RETENTION_MS}, so that sums step down instead of keeping the last value.
 */
export class ObjectsGauge extends MetricFamily {
  readonly #node: string;
  readonly #nowMs: () => number;
  readonly #memories = new Map<string, TypeMemory>();
  #source: ObjectCountSource | undefined;
  #series = 0;

  constructor(definition: MetricDefinition, onRefused: OnRefused, node: string, nowMs: () => number) {
    super(definition, onRefused);
    this.#node = node;
    this.#nowMs = nowMs;
  }

  setSource(source: ObjectCountSource | undefined): void {
    this.#source = source;
    this.#memories.clear();
  }

  override *render(sink: TextSink): Iterable<void> {
    const nowMs = this.#begin();
    for (const [type, counts] of this.#source?.countsByType() ?? []) {
      const memory = this.#memoryOf(type, counts.length);
      for (let slot = 0; slot < counts.length; slot += 1) {
        const count = counts[slot] as number;
        if (!this.#isShown(memory, slot, count, nowMs)) continue;
        sink.line(memory.linePrefix + shardLabel(slot, counts.length) + '"} ' + String(count));
        if (sink.takePause()) yield;
      }
    }
  }

  override samples(): Sample[] {
    const nowMs = this.#begin();
    const samples: Sample[] = [];
    for (const [type, counts] of this.#source?.countsByType() ?? []) {
      const memory = this.#memoryOf(type, counts.length);
      for (const [slot, count] of counts.entries()) {
        if (!this.#isShown(memory, slot, count, nowMs)) continue;
        const shard = shardLabel(slot, counts.length);
        samples.push({ labels: this.labelObject([this.#node, type, shard]), value: count });
      }
    }
    return samples;
  }

  /** Nothing to do: the truth is elsewhere. */
  override reset(): void {}

  #begin(): number {
    this.#series = 0;
    return this.#nowMs();
  }

  #isShown(memory: TypeMemory, slot: number, count: number, nowMs: number): boolean {
    if (count === 0 && memory.shown[slot] === 0) return false;
    if (count === 0 && this.#isForgotten(memory, slot, nowMs)) return false;
    if (count > 0 && memory.emptySinceMs.size > 0) memory.emptySinceMs.delete(slot);
    this.#series += 1;
    if (this.#series > this.definition.maxSeries) {
      this.refuse();
      return false;
    }
    memory.shown[slot] = 1;
    return true;
  }

  #isForgotten(memory: TypeMemory, slot: number, nowMs: number): boolean {
    const since = memory.emptySinceMs.get(slot);
    if (since === undefined) {
      memory.emptySinceMs.set(slot, nowMs);
      return false;
    }
    if (nowMs - since < ZERO_RETENTION_MS) return false;
    memory.emptySinceMs.delete(slot);
    memory.shown[slot] = 0;
    return true;
  }

  #memoryOf(type: string, slots: number): TypeMemory {
    const known = this.#memories.get(type);
    if (known !== undefined && known.shown.length === slots) return known;
    const pairs = labelPairs(this.definition.labels.slice(0, 2), [this.#node, type]);
    const memory: TypeMemory = {
      linePrefix: `${this.name}{${pairs},shard="`,
      shown: new Uint8Array(slots),
      emptySinceMs: new Map(),
    };
    this.#memories.set(type, memory);
    return memory;
  }
}

/** The last slot is that of objects pinned to a node. */
function shardLabel(slot: number, slots: number): string {
  return slot === slots - 1 ? "none" : String(slot);
}
