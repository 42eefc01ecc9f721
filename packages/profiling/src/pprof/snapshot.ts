/** One function on a stack, as `pprof` shows it. Frames are shared: equal frames of one resolver are the same object. */
export interface Frame {
  /** Qualified like Go's, `dir/module.func`, because `pprof` merges functions by name alone. */
  readonly name: string;
  /** The engine's own name. Differs from `name`, which keeps `pprof` from taking it for mangled C++. */
  readonly systemName: string;
  /** Absolute path, so that `pprof -list` finds the text; empty for what has no source. */
  readonly file: string;
  /** 1-based line where the function starts; 0 when it has no source. */
  readonly startLine: number;
  /** 1-based line that was executing; 0 when it has no source. */
  readonly line: number;
}

/** A frame that stands for something the runtime knows by name and that has no source text. */
export function namedFrame(name: string): Frame {
  return { name, systemName: `named ${name}`, file: "", startLine: 0, line: 0 };
}

/** What one value of a sample counts, and in what. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/** Text or number beside a sample; `pprof -tags` and `-tagfocus` work on them. */
export type Labels = Readonly<Record<string, string | number>>;

/** Values charged to one stack. */
export interface Sample {
  /** Leaf first. */
  readonly stack: readonly Frame[];
  /** One for each value type of the snapshot. */
  readonly values: readonly number[];
  readonly labels?: Labels | undefined;
}

/** A profile before it is encoded: what was counted, and where. */
export interface Snapshot {
  readonly valueTypes: readonly ValueType[];
  /** The value type `pprof` shows when it is not told which. */
  readonly defaultType: string;
  readonly periodType: ValueType;
  /** Units of `periodType` between two samples. */
  readonly period: number;
  readonly samples: readonly Sample[];
  /** Lines for people, shown by `pprof -comments`. */
  readonly comments: readonly string[];
  /** Milliseconds since 1970. */
  readonly takenAtMs: number;
  /** How long it was measured; 0 for a state at one moment. */
  readonly durationMs: number;
}

/**
 * What was added between two snapshots of one kind: the later values minus the earlier. What went away is negative, as in
 * Go's delta profiles.
 */
export function subtract(later: Snapshot, earlier: Snapshot): Snapshot {
  const minus = earlier.samples.map((sample) => ({ ...sample, values: sample.values.map((value) => -value) }));
  return {
    ...later,
    samples: [...later.samples, ...minus],
    durationMs: later.takenAtMs - earlier.takenAtMs,
  };
}
