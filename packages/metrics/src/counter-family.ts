import type { Sample } from "./family.ts";
import { MetricFamily } from "./family.ts";
import { formatValue, labelPairs, linePrefix } from "./text.ts";
import type { TextSink } from "./text.ts";

/** One counter series. Only grows. */
export class CounterCell {
  value = 0;

  /** Adds `count` (default 1). Anything that is not a positive number is ignored: one NaN would spoil the series for ever. */
  add(count = 1): void {
    if (count > 0) this.value += count;
  }
}

interface Child {
  readonly cell: CounterCell;
  readonly values: readonly string[];
  readonly prefix: string;
  born: boolean;
}

/** A family of counters. */
export class CounterFamily extends MetricFamily {
  readonly #children = new Map<string, Child>();

  /**
   * The cell of a label set, the same one each time.
   * @param values In the order of the definition's labels.
   * @param born Whether the series is exported while still 0, so that `rate()` sees its first step. Default true.
   * @returns `undefined` when the family is full.
   */
  child(values: readonly string[], born = true): CounterCell | undefined {
    const key = JSON.stringify(values);
    const existing = this.#children.get(key);
    if (existing !== undefined) {
      existing.born ||= born;
      return existing.cell;
    }
    if (this.#children.size >= this.definition.maxSeries) {
      this.refuse();
      return undefined;
    }
    return this.#add(key, values, born);
  }

  /** The cell where everything is counted that found no room: created beyond the limit, once per label set that callers choose. */
  overflow(values: readonly string[]): CounterCell {
    const key = JSON.stringify(values);
    return this.#children.get(key)?.cell ?? this.#add(key, values, true);
  }

  override *render(sink: TextSink): Iterable<void> {
    for (const { cell, prefix, born } of this.#children.values()) {
      if (born || cell.value > 0) sink.line(prefix + formatValue(cell.value));
      if (sink.takePause()) yield;
    }
  }

  override samples(): Sample[] {
    return [...this.#children.values()]
      .filter(({ born, cell }) => born || cell.value > 0)
      .map(({ cell, values }) => ({ labels: this.labelObject(values), value: cell.value }));
  }

  override reset(): void {
    for (const { cell } of this.#children.values()) cell.value = 0;
  }

  #add(key: string, values: readonly string[], born: boolean): CounterCell {
    const prefix = linePrefix(this.name, labelPairs(this.definition.labels, values));
    const cell = new CounterCell();
    this.#children.set(key, { cell, values, prefix, born });
    return cell;
  }
}
