import type { ProfilingClock, ProfilingLogger, QueueWaitSource, SpanSource, TaskSource } from "./ports.ts";

/** How a process is profiled. Everything has a default that is right for most services. */
export interface ProfilingOptions {
  /** Work in flight, for the goroutine profile. Without it only Node's own handles are shown. */
  readonly tasks?: TaskSource | readonly TaskSource[] | undefined;
  /** Waiting in queues, for the mutex profile. Without it that profile is empty. */
  readonly queueWaits?: QueueWaitSource | readonly QueueWaitSource[] | undefined;
  /** What the service measures itself, for traces. Without it they show the engine's events only. */
  readonly spans?: SpanSource | readonly SpanSource[] | undefined;
  /** Path of the routes. Default `/debug/pprof`. */
  readonly prefix?: string | undefined;
  readonly access?: {
    /** What peers on other machines have to send. Default: nobody but this machine is let in. */
    readonly token?: string | undefined;
  };
  readonly cpu?: {
    /** Samples in a second, 1 to 1000. Default 100, as in Go. */
    readonly hz?: number | undefined;
    /** Recordings at one time; default 8, at most 32. Go has 1. */
    readonly maxRecordings?: number | undefined;
  };
  /** Longest profile or delta, in seconds. Default 300, at most 3600. */
  readonly maxSeconds?: number | undefined;
  /** Sampling of the heap, on by default. `false` leaves those profiles empty. */
  readonly heap?:
    | false
    | {
        /** Bytes between two samples. Default 524160; finer costs more. Object counts are best with numbers that many others divide. */
        readonly intervalBytes?: number | undefined;
        /** A reading stops the process for a full collection: within this many milliseconds the last one is given again. Default 2000. */
        readonly maxAgeMs?: number | undefined;
        /** Awaited, for at most a second, before a reading: to keep it out of the middle of something urgent. */
        readonly beforeRead?: (() => Promise<void> | void) | undefined;
      };
  /**
   * Recording of stalls of the event loop, on by default. `false` leaves the block profile empty, and takes something from CPU
   * profiles too: the engine folds what it optimises while nobody records into the callers, and no longer knows the names.
   */
  readonly stalls?:
    | false
    | {
        /** Lateness that counts, in milliseconds. Default 50. */
        readonly thresholdMs?: number | undefined;
      };
  /** Allows `POST heapsnapshot`. Default `false`: it stops the process for seconds to minutes and contains everybody's data. */
  readonly heapSnapshot?: boolean | undefined;
  /** Flame graphs in the browser. Default: when the package `speedscope` is installed. */
  readonly ui?: boolean | undefined;
  /** Hides secrets in `cmdline`. Default: values of options named like secrets, and passwords in URLs. */
  readonly redactArgs?: ((args: readonly string[]) => readonly string[]) | undefined;
  readonly logger?: ProfilingLogger | undefined;
  readonly clock?: ProfilingClock | undefined;
}

/** Options that are wrong: the message names the option, the value and the remedy. */
export class ProfilingOptionsError extends Error {
  override readonly name = "ProfilingOptionsError";
}

/** The numbers and texts of the options, checked, with their defaults. */
export interface ResolvedOptions {
  readonly prefix: string;
  readonly token: string | undefined;
  readonly hz: number;
  readonly maxRecordings: number;
  readonly maxSeconds: number;
  readonly heapIntervalBytes: number;
  readonly heapMaxAgeMs: number;
  readonly stallThresholdMs: number;
}

/** Bytes between two heap samples: see `HEAP_INTERVAL_BYTES`. Finer than this every object would be one. */
const MIN_HEAP_INTERVAL = 1024;
const MAX_HEAP_INTERVAL = 1 << 30;
/** A token that can be guessed is none. */
const MIN_TOKEN_LENGTH = 8;

/**
 * Checks the options. Throws `ProfilingOptionsError`.
 *
 * @param heapInterval default of `heap.intervalBytes`
 */
export function resolveProfilingOptions(options: ProfilingOptions, heapInterval: number): ResolvedOptions {
  const { prefix = "/debug/pprof", access = {}, cpu = {}, heap = {}, stalls = {} } = options;
  if (!/^(?:\/[\w.~-]+)+$/.test(prefix)) {
    throw new ProfilingOptionsError(`prefix: ${JSON.stringify(prefix)} must begin with "/", and not end with it`);
  }
  const { token } = access;
  if (token !== undefined && !(token.length >= MIN_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token))) {
    throw new ProfilingOptionsError(
      `access.token: must have at least ${MIN_TOKEN_LENGTH} printable characters without spaces, or be left out`,
    );
  }
  return {
    prefix,
    token,
    hz: integer("cpu.hz", cpu.hz ?? 100, 1, 1000),
    // The engine itself allows 100, and one is the recorder's of stalls.
    maxRecordings: integer("cpu.maxRecordings", cpu.maxRecordings ?? 8, 1, 32),
    maxSeconds: integer("maxSeconds", options.maxSeconds ?? 300, 1, 3600),
    heapIntervalBytes: integer(
      "heap.intervalBytes",
      (heap === false ? undefined : heap.intervalBytes) ?? heapInterval,
      MIN_HEAP_INTERVAL,
      MAX_HEAP_INTERVAL,
    ),
    heapMaxAgeMs: integer("heap.maxAgeMs", (heap === false ? undefined : heap.maxAgeMs) ?? 2000, 0, 3_600_000),
    stallThresholdMs: integer(
      "stalls.thresholdMs",
      (stalls === false ? undefined : stalls.thresholdMs) ?? 50,
      10,
      60_000,
    ),
  };
}

function integer(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ProfilingOptionsError(`${name}: ${value} must be an integer from ${min} to ${max}`);
}
