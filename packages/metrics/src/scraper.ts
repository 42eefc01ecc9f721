import type { RegistryMetric } from "./family.ts";
import { isSelected, writeExposition, type WriteOptions } from "./exposition.ts";
import { CONTENT_TYPES } from "./negotiate.ts";
import type { ExpositionFormat } from "./text.ts";

/** What a scrape asks for. */
export interface ExposeOptions {
  /** Default `text` (version 0.0.4). */
  readonly format?: ExpositionFormat;
  /** Only these metrics, by family or sample name. Default: all. */
  readonly names?: ReadonlySet<string>;
}

/** One rendered scrape. */
export interface Exposition {
  readonly contentType: string;
  /** The text in pieces of a few thousand lines, to be written one after the other. */
  readonly chunks: readonly string[];
}

/** Renders scrapes; those that ask for the same while one is being rendered share it (pairs of Prometheus scrape together). */
export class Scraper {
  readonly #metrics: () => readonly RegistryMetric[];
  readonly #hooks: Pick<WriteOptions, "pause" | "onError">;
  readonly #running = new Map<string, Promise<Exposition>>();

  constructor(metrics: () => readonly RegistryMetric[], hooks: Pick<WriteOptions, "pause" | "onError">) {
    this.#metrics = metrics;
    this.#hooks = hooks;
  }

  expose({ format = "text", names }: ExposeOptions = {}): Promise<Exposition> {
    const key = JSON.stringify([format, names === undefined ? null : [...names].sort()]);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const scrape = this.#scrape(format, names).finally(() => this.#running.delete(key));
    this.#running.set(key, scrape);
    return scrape;
  }

  async #scrape(format: ExpositionFormat, names: ReadonlySet<string> | undefined): Promise<Exposition> {
    const selected = this.#metrics().filter((metric) => isSelected(metric, names));
    return { contentType: CONTENT_TYPES[format], chunks: await writeExposition(selected, { format, ...this.#hooks }) };
  }
}
