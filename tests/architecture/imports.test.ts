import { describe, expect, test } from "vitest";
import { listSourceFiles, type SourceFile } from "../../scripts/source-files.ts";
import { listMembers } from "../../scripts/workspace.ts";
import { compareDependencies, findForbiddenImports, usedPackages } from "./check-imports.ts";
import { networkModules, rules } from "./rules.ts";
import { scanImports } from "./scan-imports.ts";

const members = listMembers().filter(({ folder }) => /^(?:packages|apps|examples)\//.test(folder));
const isCode = ({ path }: SourceFile): boolean => /\.[cm]?[jt]sx?$/.test(path);
const sourcesOf = (folder: string): readonly SourceFile[] => listSourceFiles(`${folder}/src`).filter(isCode);

describe("who may import what", () => {
  test.each(members.map(({ folder }) => folder))("%s imports only what its row of the table allows", (folder) => {
    const allowed = rules[folder];
    if (allowed === undefined) throw new Error(`${folder} has no row in tests/architecture/rules.ts`);
    const files = sourcesOf(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => findForbiddenImports(folder, allowed, file))).toEqual([]);
  });

  test.each(members.map(({ folder }) => folder))("%s declares exactly the dependencies it imports", (folder) => {
    const manifest = members.find((member) => member.folder === folder)?.manifest;
    const declared = Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies });
    const used = sourcesOf(folder).flatMap((file) => usedPackages(folder, file));
    expect(compareDependencies(folder, used, declared)).toEqual([]);
  });

  test("the table has no arrow in a circle", () => {
    const packageNames = new Map(members.map(({ folder, manifest }) => [manifest.name, folder]));
    const visit = (folder: string, path: readonly string[]): void => {
      if (path.includes(folder)) throw new Error(`circle: ${[...path, folder].join(" → ")}`);
      for (const name of Object.keys(rules[folder] ?? {})) {
        const next = packageNames.get(name);
        if (next !== undefined) visit(next, [...path, folder]);
      }
    };
    for (const { folder } of members) visit(folder, []);
  });
});

/** Runs the check on a text as if it were in a member's source. */
function refusals(member: string, pathInMember: string, text: string): readonly string[] {
  return findForbiddenImports(member, rules[member] ?? {}, { path: `${member}/${pathInMember}`, text });
}

/** Texts that break a rule, each in exactly one place. */
const broken: readonly (readonly [member: string, path: string, text: string])[] = [
  ["packages/core", "src/a.ts", `import { readFile } from "node:fs/promises";`],
  ["packages/core", "src/a.ts", `import { EventEmitter } from "node:events";`],
  ["packages/core", "src/a.ts", `import type { Recorder } from "@goverse/metrics";`],
  ["packages/core", "src/a.ts", `import { z } from "zod";`],
  ["packages/protocol", "src/index.ts", `export { Server } from "@grpc/grpc-js";`],
  ["packages/protocol", "src/grpcish.ts", `import "@grpc/grpc-js";`],
  ["packages/protocol", "src/index.ts", `import { Buffer } from "node:buffer";`],
  ["packages/protocol", "src/index.ts", `export { glue } from "./grpc.ts";`],
  ["packages/protocol", "src/grpc.ts", `import "@goverse/host";`],
  ["packages/metrics", "src/a.ts", `import Koa from "koa";`],
  ["packages/metrics", "src/a.ts", `import { recorder } from "@goverse/host";`],
  ["packages/profiling", "src/a.ts", `import "@goverse/metrics";`],
  ["packages/host", "src/a.ts", `import "@goverse/protocol";`],
  ["packages/host", "src/a.ts", `import "express";`],
  ["packages/consensus", "src/claims.ts", `import { Etcd3 } from "etcd3";`],
  ["packages/consensus", "src/claims.ts", `import { noop } from "cockatiel";`],
  ["packages/consensus", "src/a.ts", `import "@goverse/node";`],
  ["packages/node", "src/a.ts", `import "@goverse/consensus";`],
  ["packages/node", "src/a.ts", `import { connect } from "node:net";`],
  ["packages/server", "src/a.ts", `import "@goverse/gate";`],
  ["packages/server", "src/a.ts", `import "etcd3";`],
  ["packages/gate", "src/a.ts", `import "@goverse/node";`],
  ["packages/client", "src/index.ts", `import "@goverse/protocol/grpc";`],
  ["packages/client", "src/http/a.ts", `import "node:http";`],
  ["packages/client", "src/index.ts", `import { channel } from "./grpc/channel.ts";`],
  ["packages/client", "src/grpc.ts", `import "@goverse/gate";`],
  ["packages/embedded-etcd", "src/a.ts", `import "@goverse/core";`],
  ["packages/testkit", "src/a.ts", `import "vitest";`],
  ["apps/node", "src/main.ts", `import "@goverse/consensus";`],
  ["apps/gate", "src/main.ts", `import "@goverse/server";`],
  ["apps/cluster", "src/main.ts", `import "@goverse/server";`],
  ["examples/counter", "src/a.ts", `import "@goverse/consensus";`],
  ["examples/chat", "src/a.ts", `import "@goverse/gate";`],
  ["examples/metrics-only", "src/a.ts", `import "@goverse/node";`],
  ["packages/server", "src/a.ts", `import { x } from "../../core/src/index.ts";`],
  ["packages/server", "src/a.ts", `import { x } from "../test/helper.ts";`],
  ["packages/server", "src/a.ts", `import { readFile } from "fs/promises";`],
];

describe("each rule refuses what breaks it", () => {
  test.each(broken)("%s %s: %s", (member, path, text) => {
    expect(refusals(member, path, text)).toHaveLength(1);
  });

  test("every row of the table was shown to refuse something", () => {
    expect([...new Set(broken.map(([member]) => member))].sort()).toEqual(Object.keys(rules).sort());
  });

  test.each(networkModules)("core and metrics may not import %s", (module) => {
    expect(refusals("packages/core", "src/a.ts", `import "${module}";`)).toHaveLength(1);
    expect(refusals("packages/metrics", "src/a.ts", `import "${module}";`)).toHaveLength(1);
  });

  test("what the table allows passes", () => {
    expect(refusals("packages/consensus", "src/etcd/connect.ts", `import { Etcd3 } from "etcd3";`)).toEqual([]);
    expect(refusals("packages/client", "src/grpc/link.ts", `import "@goverse/protocol/grpc";`)).toEqual([]);
    expect(refusals("packages/protocol", "src/a.ts", `import "@bufbuild/protobuf/wkt";`)).toEqual([]);
    expect(refusals("packages/server", "src/a.ts", `import "@goverse/protocol/grpc"; import "./b.ts";`)).toEqual([]);
  });

  test("a program of another member that is started is an arrow to it", () => {
    const text = `const main = new URL("../../gate/src/main.ts", import.meta.url);`;
    expect(refusals("apps/cluster", "src/a.ts", text)).toEqual([]);
    expect(usedPackages("apps/cluster", { path: "apps/cluster/src/a.ts", text })).toEqual(["@goverse/app-gate"]);
    expect(refusals("apps/node", "src/a.ts", text)).toHaveLength(1);
  });

  test("an undeclared and an unused dependency are both reported", () => {
    const text = `import "node:fs"; import "./a.ts"; import "koa"; import "@goverse/core/internal";`;
    const used = usedPackages("m", { path: "m/src/a.ts", text });
    expect(compareDependencies("m", used, ["@goverse/core", "pino"])).toEqual([
      `m: "koa" is imported but not in dependencies`,
      `m: "pino" is in dependencies but never imported`,
    ]);
    expect(compareDependencies("m", used, ["@goverse/core", "koa", "@types/koa"])).toEqual([]);
  });
});

describe("the scanner", () => {
  test.each([
    `import a from "x";`,
    `import type { A } from "x";`,
    `import { type A } from "x";`,
    `import "x";`,
    `export { a } from "x";`,
    `export * from "x";`,
    `export type { A } from "x";`,
    `const a = await import("x");`,
    `type A = import("x").A;`,
    `import a = require("x");`,
    `const a = require("x");`,
    `const a = require.resolve("x");`,
    `const a = import.meta.resolve("x");`,
    `const a = createRequire(import.meta.url).resolve("x");`,
    `function f() { return () => import("x"); }`,
  ])("finds the module in %s", (text) => {
    expect(scanImports("a.ts", `\n${text}`)).toEqual([{ specifier: "x", line: 2, kind: "module" }]);
  });

  test.each([
    `// import "x"`,
    `/* import "x" */`,
    'const a = `import "x"`;',
    `const a = "require('x')";`,
    `const a = /import "x"/;`,
    `const a = { import: "x" };`,
    `const a = new URL("x", base);`,
  ])("finds none in %s", (text) => {
    expect(scanImports("a.ts", text)).toEqual([]);
  });

  test("refuses a text it cannot read", () => {
    expect(() => scanImports("a.ts", "import {")).toThrow("a.ts does not parse");
  });
});
