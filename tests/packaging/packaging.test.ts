// Every published package, as its user gets it: packed, installed from the tarball in a project of its own, imported,
// type-checked. Needs a build first: `pnpm test:packaging` does both.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packPublished } from "../../scripts/pack.ts";
import { run } from "../../scripts/run.ts";
import { listPublished } from "../../scripts/workspace.ts";
import { findNetworkCode, findNetworkCodeBelow } from "./network-code.ts";
import { registryUnreachable } from "./registry.ts";
import { closureOf, createScratchProject, type ScratchProject } from "./scratch-project.ts";

const published = listPublished();
// These two are for any service, also one that must not open a connection of its own.
const networkFree = ["@goverse/core", "@goverse/metrics"];
const toolsRequired = process.env["GOVERSE_REQUIRE_TOOLS"] === "1";
const tarballFolder = mkdtempSync(join(tmpdir(), "goverse-tarballs-"));
let tarballs: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  tarballs = await packPublished(tarballFolder);
});
afterAll(() => rmSync(tarballFolder, { recursive: true, force: true }));

describe.each(published)("$manifest.name", ({ manifest }) => {
  let project: ScratchProject;
  let notInstalled: string | undefined;

  beforeAll(async () => {
    project = createScratchProject(manifest, tarballs);
    const installed = await project.install();
    notInstalled = registryUnreachable(installed);
    if (notInstalled !== undefined && !toolsRequired) {
      console.log(`${manifest.name} from its tarball: not run, no registry answers (${notInstalled})`);
      return;
    }
    if (installed.status !== 0) throw new Error(`npm install failed:\n${installed.output}`);
  });
  afterAll(() => project.remove());

  test("the tarball holds what a package needs and nothing else", async () => {
    const { output } = await run("tar", ["-tzf", tarballs.get(manifest.name) ?? ""], { output: "capture" });
    const top = output.split("\n").map((path) => path.split("/")[1] ?? "");
    const found = [...new Set(top)].filter((name) => name !== "" && name !== "CHANGELOG.md");
    expect(found.sort()).toEqual(["LICENSE", "README.md", "dist", "package.json", "src"]);
  });

  test("every entry point can be imported under plain node", async () => {
    if (notInstalled !== undefined) return;
    const { status, output } = await project.importAll();
    expect({ status, output }).toEqual({ status: 0, output: "" });
  });

  test.each(["NodeNext", "Bundler"] as const)("a consumer type-checks with %s resolution", async (module) => {
    if (notInstalled !== undefined) return;
    expect(await project.typecheck(module)).toEqual([]);
  });

  test("publint and attw have nothing to say", async () => {
    const tarball = tarballs.get(manifest.name) ?? "";
    for (const [tool, ...args] of [
      ["publint", "run", tarball, "--strict"],
      ["attw", tarball, "--profile", "esm-only", "--format", "ascii"],
    ] as const) {
      const { status, output } = await run(tool, args, { output: "capture" });
      expect(status, output).toBe(0);
    }
  });

  if (!networkFree.includes(manifest.name)) return;
  test("holds no network code, nor does what it brings along of ours", () => {
    if (notInstalled !== undefined) return;
    for (const name of closureOf(manifest.name)) {
      const dist = join(project.folder, "node_modules", name, "dist");
      expect(readdirSync(dist)).toContain("index.js");
      expect(findNetworkCodeBelow(dist)).toEqual([]);
    }
  });
});

describe("the search for network code", () => {
  test.each([
    `import { createServer } from "node:http";`,
    `import "net";`,
    `export { connect } from "node:tls";`,
    `const dns = await import("node:dns/promises");`,
    `const answer = await fetch("a");`,
    `const socket = new WebSocket(url);`,
  ])("finds %s", (text) => {
    expect(findNetworkCode("a.js", text)).toHaveLength(1);
  });

  test("passes code that only computes", () => {
    expect(
      findNetworkCode("a.js", `import { performance } from "node:perf_hooks"; const prefetch = (a) => a;`),
    ).toEqual([]);
  });
});

describe("an installation that fails", () => {
  test("is excused only when no registry answered", () => {
    const failed = (output: string): string | undefined => registryUnreachable({ status: 1, output });
    expect(failed("npm error code ENOTFOUND")).toBe("ENOTFOUND");
    expect(failed("npm error code E404")).toBeUndefined();
    expect(registryUnreachable({ status: 0, output: "ENOTFOUND" })).toBeUndefined();
  });
});
