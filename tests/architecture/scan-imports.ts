import { parseSync, Visitor } from "oxc-parser";

/** One module specifier in a source text, whatever the syntax that names it. */
export interface ImportReference {
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
  /** `file` for `new URL("…", import.meta.url)`: a file that is started or read, not imported. */
  readonly kind: "module" | "file";
}

/**
 * Every module a TypeScript or JavaScript source names: import and export declarations (type-only ones too, they reach
 * the published declarations), `import()`, `import("x").T` in types, `import x = require()`, `require()`,
 * `require.resolve()`, `import.meta.resolve()` and files beside the source, `new URL("…", import.meta.url)`. Throws when the text does not parse: an unread file proves nothing.
 */
export function scanImports(path: string, text: string): readonly ImportReference[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message ?? ""}`);
  const found: ImportReference[] = [];
  const add = (node: unknown, kind: ImportReference["kind"] = "module"): void => {
    const literal = node as { type?: string; value?: unknown; start: number } | null | undefined;
    if (literal?.type !== "Literal" || typeof literal.value !== "string") return;
    found.push({ specifier: literal.value, line: text.slice(0, literal.start).split("\n").length, kind });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      if (isModuleLookup(text.slice(node.callee.start, node.callee.end))) add(node.arguments[0]);
    },
    NewExpression: (node) => {
      const [first, base] = node.arguments;
      const isFile = base !== undefined && text.slice(base.start, base.end) === "import.meta.url";
      if (isFile && text.slice(node.callee.start, node.callee.end) === "URL") add(first, "file");
    },
  }).visit(program);
  return found;
}

function isModuleLookup(callee: string): boolean {
  return /^(?:require|createRequire\([^)]*\))(?:\.resolve)?$|^import\.meta\.resolve$/.test(callee);
}

/** The package behind a specifier: `@a/b/c` → `@a/b`, `x/y` → `x`; `node:fs` and relative paths as they are. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
