import type { CounterCell, CounterFamily } from "./counter-family.ts";
import type { HistogramCell, HistogramFamily } from "./histogram-family.ts";

/** Stands in a label for every name that is not registered, so that callers cannot create series. */
export const UNKNOWN = "_unknown";

/** The cells of one (type, method). Resolve it once and keep it with the method: recording is then a few additions. */
export class MethodMetrics {
  readonly #succeeded: CounterCell;
  readonly #failed: CounterCell;
  readonly #successSeconds: HistogramCell;
  readonly #failureSeconds: HistogramCell;
  readonly #queueWait: HistogramCell;

  constructor(cells: MethodCells) {
    this.#succeeded = cells.succeeded;
    this.#failed = cells.failed;
    this.#successSeconds = cells.successSeconds;
    this.#failureSeconds = cells.failureSeconds;
    this.#queueWait = cells.queueWait;
  }

  /**
   * A call is over: counts it and records its execution time, so that the counter and the histogram always agree.
   * @param ok Whether the method returned. A full mailbox and an expired deadline are failures.
   * @param seconds Execution time with activation, without the wait in the mailbox; 0 when it never ran.
   */
  callFinished(ok: boolean, seconds: number): void {
    if (ok) {
      this.#succeeded.value += 1;
      this.#successSeconds.observe(seconds);
    } else {
      this.#failed.value += 1;
      this.#failureSeconds.observe(seconds);
    }
  }

  /** A call left the mailbox after waiting this long. */
  queueWaited(seconds: number): void {
    this.#queueWait.observe(seconds);
  }
}

/** Where a {@link MethodMetrics} writes. */
export interface MethodCells {
  readonly succeeded: CounterCell;
  readonly failed: CounterCell;
  readonly successSeconds: HistogramCell;
  readonly failureSeconds: HistogramCell;
  readonly queueWait: HistogramCell;
}

/** The methods of one registered type. */
export class TypeMetrics {
  readonly type: string;
  readonly #methods = new Map<string, MethodMetrics>();
  readonly #unknown: MethodMetrics;

  constructor(type: string, unknown: MethodMetrics) {
    this.type = type;
    this.#unknown = unknown;
  }

  /** The method's recorder; for a name that is not registered the shared one that shows as `_unknown`. */
  method(name: string): MethodMetrics {
    return this.#methods.get(name) ?? this.#unknown;
  }

  /** Whether `name` is registered. */
  has(name: string): boolean {
    return this.#methods.has(name);
  }

  /** For the recorder only: a method joins the type. */
  add(name: string, metrics: MethodMetrics): void {
    this.#methods.set(name, metrics);
  }
}

/** Creates the cells of methods and keeps one {@link TypeMetrics} per type. */
export class MethodRecorder {
  readonly #node: string;
  readonly #calls: CounterFamily;
  readonly #seconds: HistogramFamily;
  readonly #waits: HistogramFamily;
  readonly #types = new Map<string, TypeMetrics>();
  /** Calls whose type is not registered, and whatever found no room. */
  readonly unknown: MethodMetrics;

  constructor(node: string, calls: CounterFamily, seconds: HistogramFamily, waits: HistogramFamily) {
    this.#node = node;
    this.#calls = calls;
    this.#seconds = seconds;
    this.#waits = waits;
    const unknown = this.#create(UNKNOWN, UNKNOWN);
    if (unknown === undefined) throw new RangeError("the method metrics have no room for a single series");
    this.unknown = unknown;
  }

  /** Registers a type, or adds methods to it. */
  registerType(type: string, methods: readonly string[]): TypeMetrics {
    let metrics = this.#types.get(type);
    if (metrics === undefined) {
      metrics = new TypeMetrics(type, this.#create(type, UNKNOWN) ?? this.unknown);
      this.#types.set(type, metrics);
    }
    for (const method of methods) {
      if (!metrics.has(method)) metrics.add(method, this.#create(type, method) ?? metrics.method(UNKNOWN));
    }
    return metrics;
  }

  /** The registered types. */
  types(): Iterable<string> {
    return this.#types.keys();
  }

  type(type: string): TypeMetrics | undefined {
    return this.#types.get(type);
  }

  /** `undefined` when one of the families is full: calls are then counted under `_unknown` instead of being lost. */
  #create(type: string, method: string): MethodMetrics | undefined {
    const labels = [this.#node, type, method];
    // Nobody can succeed in calling what does not exist: that series appears only if it is ever needed.
    const succeeded = this.#calls.child([...labels, "success"], method !== UNKNOWN);
    const failed = this.#calls.child([...labels, "failure"]);
    const successSeconds = this.#seconds.child([...labels, "success"]);
    const failureSeconds = this.#seconds.child([...labels, "failure"]);
    const queueWait = this.#waits.child(labels);
    if (!succeeded || !failed || !successSeconds || !failureSeconds || !queueWait) return undefined;
    return new MethodMetrics({ succeeded, failed, successSeconds, failureSeconds, queueWait });
  }
}
