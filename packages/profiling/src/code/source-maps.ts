import { readFileSync, statSync } from "node:fs";
import { findSourceMap, SourceMap, type SourceMapPayload } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file as people wrote it. */
export interface SourcePlace {
  /** Absolute path. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Finds the place in the source for a place in the code that runs. */
export interface SourcePlaces {
  /** Lines and columns are 0-based. `undefined` when the file has no map or the map says nothing about the place. */
  find(file: string, line: number, column: number): SourcePlace | undefined;
}

/** Larger files are left unmapped: reading one stops the event loop, and no hand-written file comes near. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** As many files as a large service loads; a process that makes up more is not worth the memory. */
const MAX_MAPS = 4096;

/** The source maps of this process: those Node has already read, else those that the files name. Each is read once, when asked for. */
export class SourceMaps implements SourcePlaces {
  readonly #maps = new Map<string, SourceMap | undefined>();

  find(file: string, line: number, column: number): SourcePlace | undefined {
    const map = this.#mapOf(file);
    if (map === undefined) return undefined;
    const entry = map.findEntry(line, column);
    // An entry of an earlier line is about other code.
    if (!("originalSource" in entry) || entry.generatedLine !== line) return undefined;
    return { file: pathOf(entry.originalSource, file), line: entry.originalLine + 1 };
  }

  #mapOf(file: string): SourceMap | undefined {
    if (this.#maps.has(file)) return this.#maps.get(file);
    if (this.#maps.size >= MAX_MAPS) return undefined;
    const map = readMap(file);
    this.#maps.set(file, map);
    return map;
  }
}

function readMap(file: string): SourceMap | undefined {
  try {
    return findSourceMap(file) ?? readNamedMap(file);
  } catch {
    // A map that is missing or broken costs its lines, never the profile.
    return undefined;
  }
}

const MARK = "//# sourceMappingURL=";

function readNamedMap(file: string): SourceMap | undefined {
  if (!isAbsolute(file) || statSync(file).size > MAX_FILE_BYTES) return undefined;
  const text = readFileSync(file, "utf8");
  const at = text.lastIndexOf(MARK);
  if (at < 0) return undefined;
  const url = /^\S+/.exec(text.slice(at + MARK.length))?.[0] ?? "";
  const json = url.startsWith("data:") ? decodeDataUrl(url) : readFileSync(resolve(dirname(file), url), "utf8");
  return new SourceMap(JSON.parse(json) as SourceMapPayload);
}

function decodeDataUrl(url: string): string {
  const comma = url.indexOf(",");
  const data = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(";base64") ? Buffer.from(data, "base64").toString() : decodeURIComponent(data);
}

function pathOf(source: string, generated: string): string {
  return source.startsWith("file://") ? fileURLToPath(source) : resolve(dirname(generated), source);
}
