import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { createFrameResolver } from "../src/code/frame-resolver.ts";
import { qualifyName } from "../src/code/qualify-name.ts";
import type { SourcePlaces } from "../src/code/source-maps.ts";

describe("names are like Go's", () => {
  test.each([
    ["a function of the program", "sendMessage", "/app/src/room.ts", 3, "src/room.sendMessage"],
    ["one without a name", "", "/app/src/room.ts", 18, "src/room.func@18"],
    ["what a module does when it is loaded", "", "/app/src/room.ts", 0, "src/room.(module)"],
    ["a file with dots in its name", "join", "/app/src/room.contract.mjs", 1, "src/room.contract.join"],
    ["a dependency", "next", "/app/node_modules/koa/lib/application.js", 9, "koa/lib/application.next"],
    [
      "a dependency in pnpm's store",
      "match",
      "/app/node_modules/.pnpm/@koa+router@15.7.0/node_modules/@koa/router/dist/index.mjs",
      9,
      "koa/router/dist/index.match",
    ],
    ["Node's own code", "listOnTimeout", "node:internal/timers", 500, "node/internal/timers.listOnTimeout"],
    ["a file outside of the program", "main", "/usr/lib/tools/run.cjs", 1, "tools/run.main"],
    ["the engine", "(program)", "", 0, "(program)"],
  ])("%s", (_, functionName, file, line, name) => {
    expect(qualifyName({ functionName, file, line }, "/app")).toBe(name);
  });
});

describe("places are those of the source", () => {
  const folder = mkdtempSync(join(tmpdir(), "goverse-names-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // Lines 1 and 2 of the generated file are lines 11 and 12 of the source.
  const map = JSON.stringify({ version: 3, sources: ["room.ts"], names: [], mappings: "AAUA;AACA" });
  const mapped = (name: string, comment: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `function a() {\n}\n${comment}\n`);
    return file;
  };
  const frameIn = (file: string, lineNumber: number, tickLine?: number) =>
    createFrameResolver({ root: folder }).resolve(
      { functionName: "a", url: pathToFileURL(file).href, lineNumber, columnNumber: 0 },
      tickLine,
    );

  test("by a map in the file itself", () => {
    const url = `data:application/json;base64,${Buffer.from(map).toString("base64")}`;
    const file = mapped("inline.js", `//# sourceMappingURL=${url}`);
    expect(frameIn(file, 0)).toMatchObject({ name: "room.a", file: join(folder, "room.ts"), startLine: 11, line: 11 });
    expect(frameIn(file, 0, 2)).toMatchObject({ startLine: 11, line: 12 });
  });

  test("by a map beside the file", () => {
    writeFileSync(join(folder, "beside.js.map"), map);
    const file = mapped("beside.js", "//# sourceMappingURL=beside.js.map");
    expect(frameIn(file, 1)).toMatchObject({ file: join(folder, "room.ts"), startLine: 12 });
  });

  test("a map that is missing or broken costs nothing but its lines", () => {
    for (const [name, comment] of [
      ["missing.js", "//# sourceMappingURL=nowhere.map"],
      ["broken.js", "//# sourceMappingURL=data:application/json,{"],
      ["none.js", ""],
    ] as const) {
      const file = mapped(name, comment);
      expect(frameIn(file, 0, 2)).toMatchObject({ file, startLine: 1, line: 2 });
    }
  });

  test("a line of another source, or before the function, is not believed", () => {
    const sources: SourcePlaces = {
      find: (_, line) => ({ file: line > 30 ? "/app/other.ts" : "/app/a.ts", line: 50 - line }),
    };
    const call = { functionName: "a", url: "/app/a.js", lineNumber: 10, columnNumber: 0 };
    const resolver = createFrameResolver({ root: "/app", sources });
    expect(resolver.resolve(call)).toMatchObject({ file: "/app/a.ts", startLine: 40, line: 40 });
    expect(resolver.resolve(call, 40)).toMatchObject({ line: 40 });
    expect(resolver.resolve(call, 20)).toMatchObject({ line: 40 });
  });

  test("equal frames are one object", () => {
    const resolver = createFrameResolver({ root: "/app" });
    const call = { functionName: "a", url: "node:fs", lineNumber: 1, columnNumber: 1 };
    expect(resolver.resolve({ ...call })).toBe(resolver.resolve({ ...call }));
  });
});
