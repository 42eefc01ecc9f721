import type { Manifest } from "../../scripts/workspace.ts";

/** What is wrong with the package.json of a published package, one line each. */
export function findManifestFaults(manifest: Manifest): readonly string[] {
  const wants: readonly (readonly [field: string, holds: boolean, remedy: string])[] = [
    ["name", manifest.name.startsWith("@goverse/"), "must be in the scope @goverse"],
    ["description", isSentence(manifest["description"]), "must say in a sentence what the package is"],
    ["license", manifest["license"] === "Apache-2.0", 'must be "Apache-2.0"'],
    ["type", manifest["type"] === "module", 'must be "module"'],
    ["sideEffects", manifest["sideEffects"] === false, "must be false"],
    ["files", same(manifest["files"], ["dist", "src"]), 'must be ["dist", "src"]'],
    ["engines", same(manifest["engines"], { node: ">=20.19.0" }), 'must be { "node": ">=20.19.0" }'],
    ["exports", hasEntries(manifest.exports), "must name every entry point, and ./package.json"],
    [
      "publishConfig",
      same(manifest["publishConfig"], publishConfigFor(manifest)),
      "must be public, and exports without @goverse/source",
    ],
    ["scripts", hasScripts(manifest), "must have build, typecheck and test"],
  ];
  return wants.flatMap(([field, holds, remedy]) => (holds ? [] : [`${manifest.name}: "${field}" ${remedy}`]));
}

/** What the registry gets: the same entry points, without the condition that leads to the sources. */
function publishConfigFor(manifest: Manifest): unknown {
  const entries = Object.entries(manifest.exports ?? {}).map(([entry, target]) => {
    if (typeof target !== "object" || target === null) return [entry, target] as const;
    const { "@goverse/source": _source, ...rest } = target as Record<string, unknown>;
    return [entry, rest] as const;
  });
  return { access: "public", exports: Object.fromEntries(entries) };
}

function hasEntries(exports: Manifest["exports"]): boolean {
  if (exports?.["."] === undefined || exports["./package.json"] !== "./package.json") return false;
  return Object.entries(exports).every(([entry, target]) => {
    if (entry === "./package.json") return true;
    const name = entry === "." ? "index" : entry.slice(2);
    return same(target, {
      "@goverse/source": `./src/${name}.ts`,
      types: `./dist/${name}.d.ts`,
      default: `./dist/${name}.js`,
    });
  });
}

function hasScripts({ scripts }: Manifest): boolean {
  return ["build", "typecheck", "test"].every((name) => scripts?.[name] !== undefined);
}

function isSentence(value: unknown): boolean {
  return typeof value === "string" && /^[A-Z].{10,}\.$/.test(value);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
