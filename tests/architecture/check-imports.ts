import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { SourceFile } from "../../scripts/source-files.ts";
import { listMembers, type Member } from "../../scripts/workspace.ts";
import type { Allowed } from "./rules.ts";
import { type ImportReference, packageOf, scanImports } from "./scan-imports.ts";

/** Finds the imports of one source file that its member's row does not allow, as `path:line: reason`. */
export function findForbiddenImports(member: string, allowed: Allowed, file: SourceFile): readonly string[] {
  return scanImports(file.path, file.text).flatMap((reference) => {
    const reason = refusal(member, allowed, file.path, reference);
    return reason === undefined ? [] : [`${file.path}:${reference.line}: ${reason}`];
  });
}

function refusal(
  member: string,
  allowed: Allowed,
  path: string,
  { specifier, kind }: ImportReference,
): string | undefined {
  const pathInMember = path.slice(member.length + 1);
  if (kind === "file") return refuseFile(member, allowed, path, specifier);
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

/** A file of another member is that member: starting a program is as much of an arrow as importing it. */
function refuseFile(member: string, allowed: Allowed, path: string, specifier: string): string | undefined {
  const owner = memberOf(posix.join(posix.dirname(path), specifier));
  if (owner === undefined || owner.folder === member) return undefined;
  return allowed[owner.manifest.name] === undefined
    ? `${member} may not reach into ${owner.folder} ("${specifier}")`
    : undefined;
}

const members = listMembers();

function memberOf(path: string): Member | undefined {
  return members.find(({ folder }) => path.startsWith(`${folder}/`));
}

function wildcardOf(name: string): string {
  if (name.startsWith("node:")) return "node:*";
  return name.startsWith("@goverse/") ? "@goverse/*" : name;
}

/** The packages that a source file uses, its own and Node's modules left out. */
export function usedPackages(member: string, file: SourceFile): readonly string[] {
  return scanImports(file.path, file.text).flatMap(({ specifier, kind }) => {
    if (kind === "file") {
      const owner = memberOf(posix.join(posix.dirname(file.path), specifier));
      return owner === undefined || owner.folder === member ? [] : [owner.manifest.name];
    }
    return specifier.startsWith(".") || specifier.startsWith("node:") ? [] : [packageOf(specifier)];
  });
}

/** Compares the packages that sources use with what package.json declares under `dependencies` and `peerDependencies`. */
export function compareDependencies(
  member: string,
  used: readonly string[],
  declared: readonly string[],
): readonly string[] {
  const imported = new Set(used);
  const undeclared = [...imported].filter((name) => !declared.includes(name));
  // Declarations of a package that has none of its own come along where ours mention it.
  const unused = declared.filter((name) => !imported.has(name.replace(/^@types\//, "")));
  return [
    ...undeclared.map((name) => `${member}: "${name}" is imported but not in dependencies`),
    ...unused.map((name) => `${member}: "${name}" is in dependencies but never imported`),
  ];
}
