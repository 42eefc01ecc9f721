import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyImplementation, GoverseError } from "@goverse/core";

/**
 * Imports modules and collects what they export that is an implementation (`implement()` or `defineObject()`), each once.
 * @param paths Files, absolute or relative to `directory`. TypeScript works where this process runs under a loader for it.
 * @throws GoverseError `INVALID_ARGUMENT` with the path when a file is missing, cannot be imported, or exports no implementation.
 */
export async function loadObjects(
  paths: readonly string[],
  directory: string = process.cwd(),
): Promise<readonly AnyImplementation[]> {
  const found = new Map<string, { readonly implementation: AnyImplementation; readonly path: string }>();
  for (const path of paths) {
    // One after the other: the order of registration, and with it every message, follows the command line.
    const implementations = implementationsOf(await importModule(resolve(directory, path), path));
    if (implementations.length === 0) {
      throw refusal(path, "exports no implementation: export what implement() or defineObject() returns");
    }
    for (const implementation of implementations) {
      const { name } = implementation.contract;
      const other = found.get(name);
      if (other?.implementation === implementation) continue;
      if (other !== undefined) throw refusal(path, `exports the object type ${name}, and so does ${other.path}`);
      found.set(name, { implementation, path });
    }
  }
  return [...found.values()].map(({ implementation }) => implementation);
}

async function importModule(file: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) throw refusal(path, "does not exist");
  if (!stats.isFile()) throw refusal(path, "is not a file: give the module itself, for example ./dist/objects.js");
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw refusal(path, `cannot be imported: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function implementationsOf(module: Readonly<Record<string, unknown>>): readonly AnyImplementation[] {
  return [...new Set(Object.values(module))].filter(isImplementation);
}

/** Told by shape, so that a module may bring its own copy of `@goverse/core`. */
function isImplementation(value: unknown): value is AnyImplementation {
  if (!isObject(value)) return false;
  const { contract, behaviour } = value;
  if (!isObject(contract) || typeof contract["name"] !== "string" || !isObject(contract["methods"])) return false;
  return isObject(behaviour) && isObject(behaviour["methods"]) && typeof behaviour["state"] === "function";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function refusal(path: string, why: string, cause?: unknown): GoverseError {
  return new GoverseError("INVALID_ARGUMENT", `--objects ${path} ${why}`, { field: "objects" }, { cause });
}
