import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { networkModules } from "../architecture/rules.ts";
import { scanImports } from "../architecture/scan-imports.ts";

const networkGlobals = /\b(?:fetch|WebSocket|EventSource|XMLHttpRequest)\s*\(|\bnavigator\.sendBeacon\b/;

/** What in a JavaScript text could reach the network, as `path: what`. */
export function findNetworkCode(path: string, text: string): readonly string[] {
  const modules = scanImports(path, text)
    .map(({ specifier }) => (specifier.startsWith("node:") ? specifier : `node:${specifier}`))
    .filter((specifier) => networkModules.some((name) => specifier === name || specifier.startsWith(`${name}/`)));
  const global = networkGlobals.exec(text)?.[0];
  return [...modules, ...(global === undefined ? [] : [global])].map((what) => `${path}: ${what}`);
}

/** The same for every JavaScript file below a folder. */
export function findNetworkCodeBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".js"))
    .flatMap((path) => findNetworkCode(path, readFileSync(join(folder, path), "utf8")));
}
