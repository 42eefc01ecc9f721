import { basename, dirname, relative } from "node:path";

/** Where a function is, as far as its name needs it. */
export interface NamedPlace {
  /** The engine's name; empty for an anonymous function. */
  readonly functionName: string;
  /** Absolute path, `node:…` for Node's own code, or empty for the engine's. */
  readonly file: string;
  /** 1-based; 0 for the top level of a module. */
  readonly line: number;
}

/**
 * A name like Go's, `dir/module.func`: `src/room.sendMessage`, `koa/lib/application.handleRequest`, `node/internal/timers.listOnTimeout`,
 * `src/room.func@18` for a function without a name, and `src/room.(module)` for what a file does when it is loaded. `pprof` merges by name alone, and in graphs leaves out the folders.
 *
 * @param root folder that paths are told from; what lies outside keeps the last folder only
 */
export function qualifyName({ functionName, file, line }: NamedPlace, root: string): string {
  if (file === "") return functionName === "" ? "(anonymous)" : functionName;
  const module = moduleOf(file, root)
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/^@/, "");
  if (functionName !== "") return `${module}.${functionName}`;
  return line === 0 ? `${module}.(module)` : `${module}.func@${line}`;
}

const DEPENDENCIES = "/node_modules/";

function moduleOf(path: string, root: string): string {
  if (path.startsWith("node:")) return `node/${path.slice("node:".length)}`;
  const file = path.replaceAll("\\", "/");
  const dependency = file.lastIndexOf(DEPENDENCIES);
  if (dependency >= 0) return file.slice(dependency + DEPENDENCIES.length);
  const inside = relative(root, path).replaceAll("\\", "/");
  return inside.startsWith("..") ? `${basename(dirname(file))}/${basename(file)}` : inside;
}
