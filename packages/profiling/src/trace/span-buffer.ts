import type { Span, SpanSource } from "../ports.ts";

/** Spans of the longest trace of a busy service; what comes after them is left out. */
const MAX_SPANS = 200_000;

/** Keeps spans while a trace is taken, for a service that has no such buffer of its own. */
export class SpanBuffer implements SpanSource {
  readonly #collecting = new Set<Span[]>();

  /** Whether a trace is being taken: look before measuring anything. */
  get active(): boolean {
    return this.#collecting.size > 0;
  }

  /** Adds a span that has ended. Ignored unless a trace is being taken. */
  add(span: Span): void {
    for (const spans of this.#collecting) if (spans.length < MAX_SPANS) spans.push(span);
  }

  collect(): () => readonly Span[] {
    const spans: Span[] = [];
    this.#collecting.add(spans);
    return () => {
      this.#collecting.delete(spans);
      return spans;
    };
  }
}
