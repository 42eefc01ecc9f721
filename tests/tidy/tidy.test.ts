import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listSourceFiles, type SourceFile } from "../../scripts/source-files.ts";
import { listMembers, listPublished, rootFolder } from "../../scripts/workspace.ts";
import { findManifestFaults } from "./manifest-rules.ts";
import { findSyntax, syntaxRules } from "./syntax-rules.ts";
import { findBadName, findText, findTooLong, longFiles, textRules } from "./text-rules.ts";

const files = listSourceFiles("");
const code = files.filter(({ path }) => /\.[cm]?[jt]sx?$/.test(path) && !path.includes("/gen/"));
const sources = code.filter(({ path }) => /^[\w-]+\/[\w-]+\/src\//.test(path));
const published = listPublished();
const librarySources = sources.filter(({ path }) => published.some(({ folder }) => path.startsWith(`${folder}/`)));

describe("every file", () => {
  test.each(textRules)("$name", (rule) => {
    expect(files.flatMap((file) => findText(rule, file))).toEqual([]);
  });

  test("code files have kebab-case names", () => {
    expect(code.flatMap(({ path }) => (path.startsWith(".") ? [] : findBadName(path)))).toEqual([]);
  });

  test("source files are short, or argue for themselves", () => {
    expect(sources.flatMap((file) => findTooLong(file))).toEqual([]);
    expect([...longFiles.keys()].filter((path) => !existsSync(join(rootFolder, path)))).toEqual([]);
  });
});

describe("every source file of a published package", () => {
  test.each(syntaxRules)("$name", (rule) => {
    expect(librarySources.flatMap((file) => findSyntax(rule, file))).toEqual([]);
  });
});

describe("every member of the workspace", () => {
  test.each(published)("$folder has what a published package needs", ({ folder, manifest }) => {
    expect(findManifestFaults(manifest)).toEqual([]);
    const readme = join(rootFolder, folder, "README.md");
    expect(existsSync(readme), `${folder}/README.md exists`).toBe(true);
    expect(readFileSync(readme, "utf8")).toContain(manifest.name);
  });

  test("published packages share one version", () => {
    expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test("only what lives in packages/ is published", () => {
    expect(published.filter(({ folder }) => !folder.startsWith("packages/"))).toEqual([]);
  });

  test("a member that says it has tests has some", () => {
    const empty = listMembers()
      .filter(({ manifest }) => manifest.scripts?.["test"] !== undefined)
      .filter(({ folder }) => !files.some(({ path }) => path.startsWith(`${folder}/`) && path.endsWith(".test.ts")));
    expect(empty.map(({ folder }) => folder)).toEqual([]);
  });

  // turbo cannot know which programs a machine has: a cached result would hide that a tool has come or gone.
  test("suites that look for programs are not cached", () => {
    const turbo = JSON.parse(readFileSync(join(rootFolder, "turbo.json"), "utf8")) as {
      tasks: Record<string, { cache?: boolean }>;
    };
    const cached = listMembers()
      .filter(({ folder }) => files.some((file) => readsTools(folder, file)))
      .filter(({ manifest }) => turbo.tasks[`${manifest.name}#test`]?.cache !== false);
    expect(cached.map(({ folder }) => folder)).toEqual([]);
  });
});

function readsTools(folder: string, { path, text }: SourceFile): boolean {
  return path.startsWith(`${folder}/`) && path.endsWith(".ts") && text.includes("GOVERSE_REQUIRE_TOOLS");
}
