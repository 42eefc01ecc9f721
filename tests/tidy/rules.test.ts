// Each rule is shown a text that breaks it and one that does not: a rule that cannot fail protects nothing.
import { describe, expect, test } from "vitest";
import type { Manifest } from "../../scripts/workspace.ts";
import { findManifestFaults } from "./manifest-rules.ts";
import { findSyntax, syntaxRules } from "./syntax-rules.ts";
import { findBadName, findText, findTooLong, maxSourceLines, textRules } from "./text-rules.ts";

const rule = <Rule extends { readonly name: string }>(rules: readonly Rule[], name: string): Rule => {
  const found = rules.find((one) => one.name.includes(name));
  if (found === undefined) throw new Error(`no rule is called "${name}"`);
  return found;
};

// "¦" is taken out before the check, so that this file does not break the rules itself.
describe("text rules", () => {
  test.each([
    ["left for later", "packages/core/src/a.ts", `// T¦ODO: later`],
    ["left for later", "docs/a.md", `F¦IXME`],
    ["runs alone", "packages/core/test/a.test.ts", `test.¦only("a", () => {});`],
    ["runs alone", "packages/core/test/a.test.ts", `describe.concurrent.¦skip("a", () => {});`],
    ["runs alone", "packages/core/test/a.test.ts", `it.¦todo("a");`],
    ["runs alone", "packages/core/test/a.test.ts", `x¦it("a", () => {});`],
    ["path of a machine", "README.md", `cd /w¦ork/main`],
    ["path of a machine", "packages/core/src/a.ts", `const file = "/h¦ome/me/a";`],
    ["path of a machine", "pnpm-lock.yaml", `file:/r¦oot/a.tgz`],
    ["registry host", "pnpm-lock.yaml", `tarball: h¦ttps://example.com/a.tgz`],
    ["registry host", ".npmrc", `r¦egistry=https://example.com`],
    ["registry host", "docs/a.md", `https://r¦egistry.npmjs.org/a`],
    ["silenced", "packages/core/src/a.ts", `// @¦ts-ignore`],
  ])("%s: refused in %s: %s", (name, path, text) => {
    const whole = `\n${text.replaceAll("¦", "")}\n`;
    expect(findText(rule(textRules, name), { path, text: whole })).toEqual([`${path}:2`]);
  });

  test.each([
    ["left for later", "packages/core/src/a.ts", "const mastodon = 1;"],
    ["runs alone", "packages/core/test/a.test.ts", `test.skipIf(missing)("a", () => {}); list.only; xit.a`],
    ["path of a machine", "README.md", "src/work/a and https://example.com/home/"],
    ["registry host", "packages/node/src/a.ts", "  registry: options.registry,"],
    ["registry host", "docs/a.md", "the registry is a Registry of prom-client"],
    ["silenced", "packages/core/test/a.test-d.ts", "// @ts-expect-error a number is no string"],
  ])("%s: passes in %s: %s", (name, path, text) => {
    expect(findText(rule(textRules, name), { path, text })).toEqual([]);
  });

  test("a long file is refused until it argues for itself", () => {
    const path = "packages/core/src/a.ts";
    const long = { path, text: "a\n".repeat(maxSourceLines + 1) };
    expect(findTooLong(long, new Map())).toHaveLength(1);
    expect(findTooLong(long, new Map([[path, "a table"]]))).toEqual([]);
    expect(findTooLong({ path, text: "a\n".repeat(maxSourceLines) }, new Map())).toEqual([]);
  });

  test("names are kebab-case", () => {
    for (const bad of ["packages/core/src/shardMap.ts", "packages/core/src/Shard/a.ts", "packages/core/src/a_b.ts"]) {
      expect(findBadName(bad)).toHaveLength(1);
    }
    for (const good of [
      "packages/core/src/shard-map.ts",
      "examples/chat/src/room.contract.ts",
      "tests/a/b2.test-d.ts",
    ]) {
      expect(findBadName(good)).toEqual([]);
    }
  });
});

describe("syntax rules", () => {
  const find = (name: string, text: string): readonly string[] =>
    findSyntax(rule(syntaxRules, name), { path: "a.ts", text });

  test.each([
    ["named one by one", `export * from "./b.ts";`],
    ["named one by one", `export * as b from "./b.ts";`],
    ["default", "export default class A {}"],
    ["default", `const a = 1; export { a as default };`],
    ["any", `export function a(b: any): void {}`],
    ["any", `export const a = (): Promise<any[]> => b();`],
    ["any", `export interface A { readonly b: Record<string, any>; }`],
    ["any", `export class A { b(c: any): void {} }`],
    ["doc comment", `export function a(): void {}`],
    ["doc comment", `// a plain comment\nexport const a: number = 1;`],
    ["doc comment", `/** about b */ const b = 1; export const a: number = 1;`],
    ["doc comment", `export interface A {}`],
    ["doc comment", `/** One. */\nexport const a: string = "a";\n\nexport const b: string = "b";`],
  ])("%s: refuses %s", (name, text) => {
    expect(find(name, text)).toHaveLength(1);
  });

  test.each([
    ["named one by one", `export { b, type C } from "./b.ts";`],
    ["default", `export { b } from "./b.ts";`],
    ["any", `export function a(b: unknown): void { const c: any = b; }`],
    ["any", `function a(b: any): void {} const text = "export any";`],
    ["doc comment", `/** What it is. */\nexport const a: number = 1;`],
    ["doc comment", `/** Both. */\nexport function a(): void;\nexport function a(b?: number): void {}`],
    ["doc comment", `export { b } from "./b.ts";`],
    ["doc comment", `/** Two names. */\nexport const a: string = "a";\nexport const b: string = "b";`],
    ["doc comment", `/** What it is. */\n// oxlint-disable-next-line a -- because\nexport type A = never;`],
  ])("%s: passes %s", (name, text) => {
    expect(find(name, text)).toEqual([]);
  });

  test("a text that cannot be read is an error, not a pass", () => {
    expect(() => find("any", "export {")).toThrow("a.ts does not parse");
  });
});

describe("manifest rules", () => {
  const conditions = { types: "./dist/index.d.ts", default: "./dist/index.js" };
  const good: Manifest = {
    name: "@goverse/example",
    version: "1.0.0",
    description: "An example of a package.",
    license: "Apache-2.0",
    files: ["dist", "src"],
    type: "module",
    sideEffects: false,
    exports: { ".": { "@goverse/source": "./src/index.ts", ...conditions }, "./package.json": "./package.json" },
    publishConfig: { access: "public", exports: { ".": conditions, "./package.json": "./package.json" } },
    scripts: { build: "b", typecheck: "t", test: "t" },
    engines: { node: ">=20.19.0" },
  };

  test("a complete manifest has no fault", () => {
    expect(findManifestFaults(good)).toEqual([]);
  });

  test.each<[field: string, value: unknown]>([
    ["name", "example"],
    ["description", undefined],
    ["license", "MIT"],
    ["type", "commonjs"],
    ["sideEffects", undefined],
    ["files", ["dist"]],
    ["engines", { node: ">=18" }],
    ["scripts", {}],
    ["publishConfig", { access: "public" }],
  ])("a wrong %s is one fault", (field, value) => {
    expect(findManifestFaults({ ...good, [field]: value })).toHaveLength(1);
  });

  test("an entry point without types is a fault", () => {
    const entry = { "@goverse/source": "./src/index.ts", default: "./dist/index.js" };
    const faults = findManifestFaults({ ...good, exports: { ".": entry, "./package.json": "./package.json" } });
    expect(faults.some((fault) => fault.includes(`"exports"`))).toBe(true);
  });
});
