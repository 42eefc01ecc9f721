import { type Comment, parseSync, type Program, type Span, Visitor } from "oxc-parser";
import type { SourceFile } from "../../scripts/source-files.ts";

/** A source file that has been read as syntax. */
interface Parsed {
  readonly file: SourceFile;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** Files whose exports say themselves what they are, each with the reason. */
const selfDescribing: ReadonlyMap<string, string> = new Map([
  ["packages/metrics/src/contract-metrics.ts", "each definition carries its help text"],
  ["packages/metrics/src/runtime-metrics.ts", "each definition carries its help text"],
]);

/** A rule about syntax: returns the positions of what breaks it. */
export interface SyntaxRule {
  readonly name: string;
  readonly find: (parsed: Parsed) => readonly Span[];
}

export const syntaxRules: readonly SyntaxRule[] = [
  { name: "re-exports are named one by one", find: findStarExports },
  { name: "nothing is exported as default", find: findDefaultExports },
  { name: "no exported signature says any", find: findExportedAny },
  { name: "every exported symbol has a doc comment", find: findUndocumented },
];

/** Findings of one rule in one source file, as `path:line`. Throws when the file does not parse. */
export function findSyntax(rule: SyntaxRule, file: SourceFile): readonly string[] {
  const { program, comments, errors } = parseSync(file.path, file.text);
  if (errors.length > 0) throw new Error(`${file.path} does not parse: ${errors[0]?.message ?? ""}`);
  return rule
    .find({ file, program, comments })
    .map(({ start }) => `${file.path}:${file.text.slice(0, start).split("\n").length}`);
}

function findStarExports({ program }: Parsed): readonly Span[] {
  return program.body.filter((node) => node.type === "ExportAllDeclaration");
}

function findDefaultExports({ program }: Parsed): readonly Span[] {
  return program.body.filter(
    (node) =>
      node.type === "ExportDefaultDeclaration" ||
      (node.type === "ExportNamedDeclaration" &&
        node.specifiers.some(({ exported }) => "name" in exported && exported.name === "default")),
  );
}

function findExportedAny({ program }: Parsed): readonly Span[] {
  const exported: Span[] = program.body.filter((node) => node.type === "ExportNamedDeclaration");
  const bodies: Span[] = [];
  const found: Span[] = [];
  new Visitor({
    BlockStatement: (node) => void bodies.push(node),
    TSAnyKeyword: (node) => void found.push(node),
  }).visit(program);
  const within = (inner: Span, outers: readonly Span[]): boolean =>
    outers.some((outer) => outer.start <= inner.start && inner.end <= outer.end);
  return found.filter((node) => within(node, exported) && !within(node, bodies));
}

function findUndocumented({ file, program, comments }: Parsed): readonly Span[] {
  if (selfDescribing.has(file.path)) return [];
  const documented = new Set<string>();
  let lastDocumentedEnd = -1;
  return program.body.filter((node) => {
    if (node.type !== "ExportNamedDeclaration" || node.declaration === null) return false;
    const doc = comments.findLast((comment) => comment.end <= node.start && comment.value.startsWith("*"));
    // Directives to the linter may stand between the two.
    const between = file.text.slice(doc?.end, node.start).replaceAll(/^\s*\/\/.*$/gm, "");
    // The overloads of a function share the comment of the first; so do lines that follow each other without a gap.
    const name = "id" in node.declaration ? file.text.slice(node.declaration.id?.start, node.declaration.id?.end) : "";
    const follows = file.text.slice(lastDocumentedEnd, node.start) === "\n";
    const isDocumented = (doc !== undefined && between.trim() === "") || follows || documented.has(name);
    if (isDocumented) lastDocumentedEnd = node.end;
    if (isDocumented && name !== "") documented.add(name);
    return !isDocumented;
  });
}
