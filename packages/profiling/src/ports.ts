import type { Labels } from "./pprof/snapshot.ts";

/** Time as a parameter. */
export interface ProfilingClock {
  /** Milliseconds that only grow, with an arbitrary start. */
  monotonicMs(): number;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Calls `callback` once after `delayMs`. A pending timer need not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): { cancel(): void };
}

/** Where accesses and troubles are written. */
export interface ProfilingLogger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** One unit of work that has begun and not ended. */
export interface Task {
  /** What it is, in the plural: `object turns`, `gate requests`, `streams`, `timers`. */
  readonly kind: string;
  /** Whose code it is: `ChatRoom.SendMessage`. */
  readonly name: string;
  /** `running`, `queued`, or any other word of a small set. */
  readonly state: string;
  /** On the clock of the profiling: `clock.monotonicMs()`, by default `performance.now()`. */
  readonly sinceMs: number;
  /** Of few values each: the type of an object, never its id. */
  readonly labels?: Labels | undefined;
  /** Where it was begun, as an error's `stack`; for those that were picked. */
  readonly stack?: string | undefined;
}

/** Work in flight, for the goroutine profile. */
export interface TaskSource {
  /** Called when a profile is asked for; may be large, must be cheap. */
  tasks(): Iterable<Task>;
}

/** Waiting of one kind, added up since the start of the process. */
export interface QueueWait {
  /** What was waited for: the type of the object. */
  readonly queue: string;
  /** The method that held it meanwhile: the waiting is charged to this one. */
  readonly holder: string;
  /** The method that waited. */
  readonly waiter: string;
  readonly count: number;
  readonly totalNs: number;
}

/** Waiting in queues, for the mutex profile. */
export interface QueueWaitSource {
  /** Sums that only grow: scrapers take differences. */
  waits(): Iterable<QueueWait>;
}

/** Something that took time, for a trace. */
export interface Span {
  /** `ChatRoom.SendMessage`, `Range`. */
  readonly name: string;
  /** Spans of one category share tracks: `object turns`, `etcd`, `rpc`. */
  readonly category: string;
  /** Microseconds of `process.hrtime.bigint() / 1000n`, which is the clock of V8's own events. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly args?: Readonly<Record<string, string | number>> | undefined;
}

/** Spans, for a trace. */
export interface SpanSource {
  /** Begins to collect; the returned function ends it and gives what ended meanwhile. */
  collect(): () => readonly Span[];
}
