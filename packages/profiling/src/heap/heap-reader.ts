import type { FrameResolver } from "../code/frame-resolver.ts";
import type { Sample, Snapshot, ValueType } from "../pprof/snapshot.ts";
import type { ProfilingClock, ProfilingLogger } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";
import { HeapAccounts } from "./heap-accounts.ts";
import type { HeapProfile } from "./heap-profile.ts";
import { HeapSampler } from "./heap-sampler.ts";

/**
 * Bytes between two samples. 0.02 % below Go's 512 KiB, and, unlike it, divided by very many numbers: that is what lets object
 * counts be recovered.
 */
export const HEAP_INTERVAL_BYTES = 524_160;

/** Two readings are this far apart whoever asks: each stops the process for a full collection. */
const MIN_PAUSE_MS = 1000;

/** The longest that a reading is put off for the good of the service. */
const MAX_BEFORE_READ_MS = 1000;

/** When and how finely the heap is read. */
export interface HeapReaderOptions {
  readonly resolver: FrameResolver;
  readonly clock: ProfilingClock;
  readonly logger: ProfilingLogger;
  readonly intervalBytes: number;
  /** Age up to which the last reading is given again, in milliseconds. */
  readonly maxAgeMs: number;
  /** Awaited before a reading: a service waits here for a moment at which a pause does no harm. */
  readonly beforeRead: () => Promise<void> | void;
}

const SPACE: ValueType = { type: "space", unit: "bytes" };
const VALUE_TYPES: readonly ValueType[] = [
  { type: "alloc_objects", unit: "count" },
  { type: "alloc_space", unit: "bytes" },
  { type: "inuse_objects", unit: "count" },
  { type: "inuse_space", unit: "bytes" },
];

/** One reading of the heap. */
interface Reading {
  readonly raw: HeapProfile | undefined;
  readonly samples: readonly Sample[];
  readonly comments: readonly string[];
  readonly readAtMs: number;
  readonly takenAtMs: number;
}

/** The heap and allocation profiles: one sampler, readings that are shared and not too frequent. */
export class HeapReader {
  readonly #options: HeapReaderOptions;
  readonly #sampler: HeapSampler;
  readonly #accounts: HeapAccounts;
  #last: Reading | undefined;
  #next: Promise<Reading> | undefined;

  constructor(options: HeapReaderOptions) {
    this.#options = options;
    this.#sampler = new HeapSampler(options.intervalBytes, options.logger);
    this.#accounts = new HeapAccounts(options.resolver, options.intervalBytes);
  }

  start(): Promise<void> {
    return this.#sampler.start();
  }

  stop(): Promise<void> {
    return this.#sampler.stop();
  }

  /** `heap` or `allocs`: the same profile, with another value shown first. */
  source(name: "heap" | "allocs", description: string): ProfileSource {
    const defaultType = name === "heap" ? "inuse_space" : "alloc_space";
    return {
      name,
      description,
      count: () => this.#last?.samples.length,
      take: (fresh) => this.#take(defaultType, fresh),
    };
  }

  /** The engine's own object, for DevTools; `undefined` while sampling is off. */
  async raw(): Promise<HeapProfile | undefined> {
    return (await this.#read(false)).raw;
  }

  async #take(defaultType: string, fresh: boolean): Promise<Snapshot> {
    const { samples, comments, takenAtMs } = await this.#read(fresh);
    return {
      valueTypes: VALUE_TYPES,
      defaultType,
      periodType: SPACE,
      period: this.#options.intervalBytes,
      samples,
      comments,
      takenAtMs,
      durationMs: 0,
    };
  }

  async #read(fresh: boolean): Promise<Reading> {
    const { clock, maxAgeMs } = this.#options;
    const last = this.#last;
    if (!fresh && last !== undefined && clock.monotonicMs() - last.readAtMs < maxAgeMs) return last;
    // Whoever comes while a reading waits for its turn gets that one.
    this.#next ??= this.#readInTurn();
    return this.#next;
  }

  async #readInTurn(): Promise<Reading> {
    const { clock, beforeRead } = this.#options;
    try {
      const pauseMs = (this.#last?.readAtMs ?? Number.NEGATIVE_INFINITY) + MIN_PAUSE_MS - clock.monotonicMs();
      if (pauseMs > 0) await pause(clock, pauseMs);
      await Promise.race([beforeRead(), pause(clock, MAX_BEFORE_READ_MS)]);
    } finally {
      // From here on a reading is under way: who comes now needs the one after it.
      this.#next = undefined;
    }
    const raw = await this.#sampler.read();
    const reading = {
      raw,
      samples: raw === undefined ? [] : this.#accounts.add(raw, this.#sampler.runs),
      comments: raw === undefined ? ["heap sampling is off"] : [describeMemory(process.memoryUsage())],
      readAtMs: clock.monotonicMs(),
      takenAtMs: clock.wallMs(),
    };
    this.#last = reading;
    return reading;
  }
}

function pause(clock: ProfilingClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(delayMs, resolve));
}

/** The engine's sampler sees its own heap only; the rest is said in words. */
function describeMemory({ rss, heapUsed, external, arrayBuffers }: NodeJS.MemoryUsage): string {
  const figures = `rss=${rss} heapUsed=${heapUsed} external=${external} arrayBuffers=${arrayBuffers}`;
  return `only the JavaScript heap is sampled, buffers are not: ${figures}`;
}
