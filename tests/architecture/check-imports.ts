import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { SourceFile } from "../../scripts/source-files.ts";
import type { Allowed } from "./rules.ts";
import { type ImportReference, packageOf, scanImports } from "./scan-imports.ts";

/** Finds the imports of one source file that its member's row does not allow, as `path:line: reason`. */
export function findForbiddenImports(member: string, allowed: Allowed, file: SourceFile): readonly string[] {
  return scanImports(file.path, file.text).flatMap((reference) => {
    const reason = refusal(member, allowed, file.path, reference.specifier);
    return reason === undefined ? [] : [`${file.path}:${reference.line}: ${reason}`];
  });
}

function refusal(member: string, allowed: Allowed, path: string, specifier: string): string | undefined {
  const pathInMember = path.slice(member.length + 1);
  if (specifier.startsWith(".")) return refuseRelative(member, allowed, path, specifier);
  if (builtinModules.includes(specifier)) return `"${specifier}" must be written "node:${specifier}"`;
  const name = packageOf(specifier);
  const where = allowed[name] ?? allowed[wildcardOf(name)];
  if (where === undefined) return `${member} may not import "${name}"`;
  if (!where.test(pathInMember)) return `"${name}" may only be imported where the path matches ${where.source}`;
  // The subpath `/grpc` of our own packages is their Node half: it counts as grpc-js itself.
  const grpc = allowed["@grpc/grpc-js"];
  if (name.startsWith("@goverse/") && specifier.endsWith("/grpc") && grpc?.test(pathInMember) === false) {
    return `"${specifier}" may only be imported where the path matches ${grpc.source}`;
  }
  return undefined;
}

function refuseRelative(member: string, allowed: Allowed, path: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(`${member}/src/`)) return `"${specifier}" leaves ${member}/src`;
  // What may only be imported in some files must not come in through a neighbour.
  const grpc = allowed["@grpc/grpc-js"];
  if (grpc === undefined) return undefined;
  const inside = (file: string): boolean => grpc.test(file.slice(member.length + 1));
  return inside(target) && !inside(path) ? `"${specifier}" is the Node half of ${member}, this file is not` : undefined;
}

function wildcardOf(name: string): string {
  if (name.startsWith("node:")) return "node:*";
  return name.startsWith("@goverse/") ? "@goverse/*" : name;
}

/** Compares what sources import with what package.json declares under `dependencies` and `peerDependencies`. */
export function compareDependencies(
  member: string,
  references: readonly ImportReference[],
  declared: readonly string[],
): readonly string[] {
  const imported = new Set(
    references
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
      .map((specifier) => packageOf(specifier)),
  );
  const undeclared = [...imported].filter((name) => !declared.includes(name));
  // Declarations of a package that has none of its own come along where ours mention it.
  const unused = declared.filter((name) => !imported.has(name.replace(/^@types\//, "")));
  return [
    ...undeclared.map((name) => `${member}: "${name}" is imported but not in dependencies`),
    ...unused.map((name) => `${member}: "${name}" is in dependencies but never imported`),
  ];
}
