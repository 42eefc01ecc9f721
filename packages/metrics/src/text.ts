import { LINES_PER_CHUNK } from "./limits.ts";

/** The two text formats Prometheus asks for. */
export type ExpositionFormat = "text" | "openmetrics";

/** Escapes a label value; the same in both formats. */
function escapeLabelValue(value: string): string {
  return /["\\\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"') : value;
}

/** Escapes a HELP text. OpenMetrics wants quotes escaped too. */
export function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? escaped.replaceAll('"', '\\"') : escaped;
}

/** `a="1",b="2"`, without braces. */
export function labelPairs(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeLabelValue(values[i] ?? "")}"`).join(",");
}

/** `name{pairs} `, or `name ` when there are none: what stands before the value. */
export function linePrefix(name: string, pairs: string): string {
  return pairs === "" ? `${name} ` : `${name}{${pairs}} `;
}

/** A number as both formats read it. */
export function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

/** A place to go back to when a metric fails half-way. */
export interface SinkMark {
  readonly chunks: number;
  readonly lines: readonly string[];
}

/** Collects lines into chunks. After each full chunk `pauseDue` is true once, and the writer lets other work run. */
export class TextSink {
  readonly #linesPerChunk: number;
  readonly #chunks: string[] = [];
  #lines: string[] = [];
  #pauseDue = false;

  /** @param linesPerChunk Lines between two pauses. Default {@link LINES_PER_CHUNK}. */
  constructor(linesPerChunk: number = LINES_PER_CHUNK) {
    this.#linesPerChunk = linesPerChunk;
  }

  /** Adds one line; the line break is added here. */
  line(text: string): void {
    this.#lines.push(text);
    if (this.#lines.length >= this.#linesPerChunk) {
      this.#cut();
      this.#pauseDue = true;
    }
  }

  /** Whether a chunk was completed since the last call. */
  takePause(): boolean {
    const due = this.#pauseDue;
    this.#pauseDue = false;
    return due;
  }

  mark(): SinkMark {
    return { chunks: this.#chunks.length, lines: [...this.#lines] };
  }

  /** Forgets everything written since `mark`. */
  rollback(mark: SinkMark): void {
    this.#chunks.length = mark.chunks;
    this.#lines = [...mark.lines];
  }

  /** The text in pieces. The sink is not used afterwards. */
  finish(): readonly string[] {
    this.#cut();
    return this.#chunks;
  }

  #cut(): void {
    if (this.#lines.length === 0) return;
    // One flat string at once: text that grows by `+=` is a tree of pieces that the next write, or the collector, has to walk.
    this.#lines.push("");
    this.#chunks.push(this.#lines.join("\n"));
    this.#lines = [];
  }
}
