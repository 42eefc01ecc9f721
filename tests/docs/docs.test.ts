// What the documents show is true: commands exist and are accepted, code is that of an example, links lead somewhere.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { listSourceFiles, type SourceFile } from "../../scripts/source-files.ts";
import { rootFolder } from "../../scripts/workspace.ts";
import { findCommands, findFences, splitCommand } from "./fences.ts";
import { commandKinds, findFault } from "./verify-command.ts";

const all = listSourceFiles("").filter(({ path }) => path.endsWith(".md") && !path.startsWith(".changeset/"));
const guides = all.filter(({ path }) => /^(?:README|CONTRIBUTING)\.md$|^docs\/(?:[\w-]+\/)*[\w-]+\.md$/.test(path));
const commands = guides.flatMap((file) => findCommands(file));

describe("documents", () => {
  test("the readme and the guide for contributors are there, with the two commands", () => {
    expect(guides.map(({ path }) => path)).toEqual(expect.arrayContaining(["CONTRIBUTING.md", "README.md"]));
    const readme = commands.filter(({ where }) => where.startsWith("README.md:")).map(({ text }) => text);
    expect(readme).toEqual(expect.arrayContaining(["npx --yes pnpm dev", "npx --yes pnpm test"]));
  });

  test.each(commands)("$where: $text", async ({ text }) => {
    for (const words of splitCommand(text)) expect(await findFault(words)).toBeUndefined();
  });

  test.each(all)("$path: every link to a file leads to one", (file) => {
    expect(findDeadLinks(file)).toEqual([]);
  });

  test("a whole program in the readme is an example, to the letter", () => {
    const examples = listSourceFiles("examples").map(({ text }) => text.trim());
    const programs = guides
      .filter(({ path }) => path === "README.md")
      .flatMap((file) => findFences(file))
      .filter(({ language, lines }) => language === "ts" && lines.some((line) => line.startsWith("import ")))
      .map(({ lines }) => lines.join("\n").trim());
    expect(programs.filter((program) => !examples.includes(program))).toEqual([]);
  });
});

function findDeadLinks({ path, text }: SourceFile): readonly string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, "");
  return [...prose.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(rootFolder, dirname(path), target)))
    .map((target) => `${path}: ${target}`);
}

describe("the check", () => {
  test.each([
    ["an unknown kind of command", "make all"],
    ["a script that is not there", "npx --yes pnpm fly"],
    ["an option the program does not know", "npx --yes pnpm check --sideways"],
    ["an option that pnpm dev does not take", "npx --yes pnpm dev --node"],
    ["a member that is not there", "pnpm --filter @goverse/nowhere test"],
    ["a script a member does not have", "pnpm --filter @goverse/core fly"],
    ["a package that is not published", "npm install @goverse/nothing"],
    ["a tool that is not installed", "npx goverse-tool"],
    ["a Debian package the suites do not use", "apt-get install emacs"],
    ["a metric that is not in the catalogue", "grep goverse_moons_total"],
    ["a path that is no route", "curl http://localhost:8080/api/v9/call/ChatRoom/a/History"],
    ["a verb the route does not take", "curl http://localhost:8080/api/v1/call/ChatRoom/a/History"],
    ["a type that is not there", "curl -X POST http://localhost:8080/api/v1/call/Moon/a/History"],
    ["a method that is not there", "curl -X POST http://localhost:8080/api/v1/call/ChatRoom/a/constructor"],
    ["a body the method refuses", `curl --json '{"from":1}' http://localhost:8080/api/v1/call/ChatRoom/a/SendMessage`],
    ["a body for a method without input", `curl --json '{}' http://localhost:8080/api/v1/call/ChatRoom/a/History`],
    ["a port nobody listens on", "curl http://localhost:9099/metrics"],
    ["the client API on a node's port", "curl -N http://localhost:9090/api/v1/events"],
    ["another machine", "curl http://example.com/metrics"],
    ["an option of curl's it cannot read", "curl --upload-file a http://localhost:8080/"],
    ["a file that cannot be executed", "A=1 ./.ci/run now"],
  ])("refuses %s: %s", async (_, text) => {
    expect(await findFault(splitCommand(text)[0] ?? [])).toBeDefined();
  });

  test("takes what is right", async () => {
    for (const text of [
      "npx --yes pnpm test --filter @goverse/core",
      "pnpm --filter @goverse/core test",
      "GOVERSE_TOOL=1 .ci/run",
      "sudo apt-get install etcd-server chromium",
      `curl --json '{"from":"a","text":"b"}' http://localhost:8080/api/v1/call/ChatRoom/a/SendMessage`,
      "curl -N http://localhost:8080/api/v1/events",
    ]) {
      expect(await findFault(splitCommand(text)[0] ?? [])).toBeUndefined();
    }
  });

  test("every kind says how it verifies", () => {
    expect(commandKinds.filter(({ how }) => how.length < 10)).toEqual([]);
  });

  test("finds commands without their comments, joins continued lines, and knows their places", () => {
    const text = "a\n```bash\nb --c  # why\n# alone\n\nd \\\n  'e # f'\n```\n```ts\ng\n```\n";
    expect(findCommands({ path: "x.md", text })).toEqual([
      { where: "x.md:3", text: "b --c" },
      { where: "x.md:6", text: "d 'e # f'" },
    ]);
    expect(() => findCommands({ path: "x.md", text: "```bash\na" })).toThrow("not closed");
  });

  test("splits pipelines and quotes as a shell does", () => {
    expect(splitCommand(`curl 'a | b' "c d" | grep e && f; g`)).toEqual([
      ["curl", "a | b", "c d"],
      ["grep", "e"],
      ["f"],
      ["g"],
    ]);
  });

  test("sees a dead link", () => {
    expect(
      findDeadLinks({ path: "docs/a.md", text: "[a](nowhere.md#b) [c](https://example.com) [d](../LICENSE)" }),
    ).toEqual(["docs/a.md: nowhere.md"]);
  });
});
