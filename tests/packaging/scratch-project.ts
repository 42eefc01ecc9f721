import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, run } from "../../scripts/run.ts";
import { listPublished, type Manifest, rootFolder } from "../../scripts/workspace.ts";

/** A project outside the workspace that has one of our packages installed from its tarball. */
export interface ScratchProject {
  readonly folder: string;
  /** Ends with what npm printed. */
  install(): Promise<Ended>;
  /** Imports every entry point under plain node. */
  importAll(): Promise<Ended>;
  /** Type-checks a small consumer; returns the errors in our own declarations and in the consumer. */
  typecheck(module: "NodeNext" | "Bundler"): Promise<readonly string[]>;
  remove(): void;
}

/** The @goverse packages that come with `name`: itself, what it depends on, and so on. */
export function closureOf(name: string): readonly string[] {
  const manifests = new Map(listPublished().map(({ manifest }) => [manifest.name, manifest]));
  const found = new Set<string>();
  const visit = (one: string): void => {
    const manifest = manifests.get(one);
    if (manifest === undefined) throw new Error(`${one} is not a published package of this repository`);
    if (found.has(one)) return;
    found.add(one);
    for (const next of Object.keys(manifest.dependencies ?? {})) if (next.startsWith("@goverse/")) visit(next);
  };
  visit(name);
  return [...found];
}

/** What a user writes to import each entry point: `@goverse/client`, `@goverse/client/grpc`. */
function entryPointsOf(manifest: Manifest): readonly string[] {
  return Object.keys(manifest.exports ?? {})
    .filter((entry) => entry !== "./package.json")
    .map((entry) => `${manifest.name}${entry.slice(1)}`);
}

/** Makes the project's files in a new temporary folder; nothing is installed yet. */
export function createScratchProject(manifest: Manifest, tarballs: ReadonlyMap<string, string>): ScratchProject {
  const folder = mkdtempSync(join(tmpdir(), "goverse-scratch-"));
  const dependencies = Object.fromEntries(
    closureOf(manifest.name).map((name) => [name, `file:${tarballs.get(name) ?? ""}`]),
  );
  const entries = entryPointsOf(manifest);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  writeFileSync(join(folder, "import.js"), importingText(entries));
  writeFileSync(join(folder, "consumer.ts"), consumerText(entries));
  for (const module of ["NodeNext", "Bundler"] as const) writeTsconfig(folder, module);
  return {
    folder,
    install: () =>
      run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"], {
        cwd: folder,
        output: "capture",
      }),
    importAll: () => run(process.execPath, ["import.js"], { cwd: folder, output: "capture" }),
    typecheck: (module) => typecheck(folder, module),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function importingText(entries: readonly string[]): string {
  return entries
    .map((entry) => `if (Object.keys(await import("${entry}")).length === 0) throw new Error("${entry} is empty");\n`)
    .join("");
}

// An entry point whose declarations cannot be found, or turn into `any`, does not pass the second line.
function consumerText(entries: readonly string[]): string {
  const lines = entries.map(
    (entry, index) =>
      `import * as entry${index} from "${entry}";\n` +
      `export const known${index}: 0 extends 1 & typeof entry${index} ? never : number = Object.keys(entry${index}).length;\n`,
  );
  return lines.join("");
}

function writeTsconfig(folder: string, module: "NodeNext" | "Bundler"): void {
  const compilerOptions = {
    module: module === "NodeNext" ? "NodeNext" : "ESNext",
    moduleResolution: module,
    target: "ES2022",
    lib: ["ES2023", "DOM"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    // The declarations of Node itself are the consumer's own; those of this repository save a download.
    typeRoots: [join(rootFolder, "node_modules/@types")],
    types: ["node"],
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `tsconfig.${module}.json`),
    JSON.stringify({ compilerOptions, files: ["consumer.ts"] }, undefined, 2),
  );
}

async function typecheck(folder: string, module: string): Promise<readonly string[]> {
  const tsc = join(rootFolder, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", `tsconfig.${module}.json`, "--pretty", "false"];
  const { output } = await run(process.execPath, args, { cwd: folder, output: "capture" });
  const errors = output.split("\n").filter((line) => line.includes("error TS"));
  // Other people's declarations may have errors of their own: those are not ours to answer for.
  return errors.filter((line) => !line.includes("node_modules/") || line.includes("node_modules/@goverse/"));
}
