import { fileURLToPath } from "node:url";
import type { Frame } from "../pprof/snapshot.ts";
import { qualifyName } from "./qualify-name.ts";
import { SourceMaps, type SourcePlaces } from "./source-maps.ts";

/** A function as the inspector names it. Lines and columns are 0-based and say where the function starts. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Turns the inspector's frames into frames that `pprof` groups and lists rightly. */
export interface FrameResolver {
  /** @param tickLine 1-based line that was executing, when the inspector knows it */
  resolve(frame: CallFrame, tickLine?: number): Frame;
}

/** Where names are told from, and what knows the sources. */
export interface FrameResolverOptions {
  /** Folder that names are told from. Default: the working directory at the time of the call. */
  readonly root?: string | undefined;
  readonly sources?: SourcePlaces | undefined;
}

/** More frames than a large program has; one that makes functions for ever starts the cache anew. */
const MAX_CACHED_FRAMES = 100_000;

/** Past the last column of any line. */
const END_OF_LINE = 1_000_000_000;

/** Creates a resolver with a cache of its own. */
export function createFrameResolver(options: FrameResolverOptions = {}): FrameResolver {
  const { root = process.cwd(), sources = new SourceMaps() } = options;
  const cache = new Map<string, Frame>();
  return {
    resolve: (frame, tickLine = 0) => {
      const { functionName, url, lineNumber, columnNumber } = frame;
      const key = `${functionName}\0${url}\0${lineNumber}:${columnNumber}:${tickLine}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      if (cache.size >= MAX_CACHED_FRAMES) cache.clear();
      const made = makeFrame(frame, tickLine, sources, root);
      cache.set(key, made);
      return made;
    },
  };
}

function makeFrame(call: CallFrame, tickLine: number, sources: SourcePlaces, root: string): Frame {
  const { functionName } = call;
  const { file, startLine, line } = locate(call, tickLine, sources);
  return {
    name: qualifyName({ functionName, file, line: startLine }, root),
    systemName: file === "" ? `named ${functionName}` : functionName || "(anonymous)",
    file,
    startLine,
    line,
  };
}

function locate(call: CallFrame, tickLine: number, sources: SourcePlaces): Pick<Frame, "file" | "startLine" | "line"> {
  const file = toPath(call.url);
  if (file === "") return { file, startLine: 0, line: 0 };
  const startsAt = Math.max(0, call.lineNumber + 1);
  const start = sources.find(file, call.lineNumber, Math.max(0, call.columnNumber));
  // Optimised code can report lines of functions that were inlined, which are lines of another file.
  if (start === undefined) return { file, startLine: startsAt, line: Math.max(tickLine, startsAt) };
  const ran = tickLine > startsAt ? sources.find(file, tickLine - 1, END_OF_LINE) : undefined;
  const isTrue = ran !== undefined && ran.file === start.file && ran.line >= start.line;
  return { file: start.file, startLine: start.line, line: isTrue ? ran.line : start.line };
}

function toPath(url: string): string {
  if (!url.startsWith("file://")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
