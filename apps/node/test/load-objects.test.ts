import { GoverseError } from "@goverse/core";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadObjects } from "../src/load-objects.ts";

let folder: string;
const OBJECT = (name: string): string =>
  `{ contract: { name: "${name}", methods: {}, events: {} }, behaviour: { state: () => ({}), methods: {} } }`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "goverse-objects-"));
  const files: Record<string, string> = {
    "one.mjs": `export const one = ${OBJECT("One")}; export const again = one; export const version = 3;`,
    "two.mjs": `export const two = ${OBJECT("Two")}; export { one } from "./one.mjs";`,
    "rival.mjs": `export const one = ${OBJECT("One")};`,
    "nothing.mjs": "export const helper = () => 1;",
    "broken.mjs": "export const = 1;",
    "throws.mjs": "throw new Error('no database');",
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("every implementation a module exports is found once, in the order of the modules", async () => {
  const objects = await loadObjects(["./one.mjs", join(folder, "two.mjs")], folder);
  expect(objects.map(({ contract }) => contract.name)).toEqual(["One", "Two"]);
});

test.each([
  ["missing.mjs", "--objects missing.mjs does not exist"],
  [".", "--objects . is not a file: give the module itself, for example ./dist/objects.js"],
  ["nothing.mjs", "--objects nothing.mjs exports no implementation"],
  ["broken.mjs", "--objects broken.mjs cannot be imported: "],
  ["throws.mjs", "--objects throws.mjs cannot be imported: no database"],
])("%s is refused with a message that names it", async (path, message) => {
  const error: unknown = await loadObjects([path], folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GoverseError);
  expect((error as GoverseError).message).toContain(message);
});

test("two implementations of one type are refused, naming both modules", async () => {
  await expect(loadObjects(["one.mjs", "rival.mjs"], folder)).rejects.toThrow(
    "--objects rival.mjs exports the object type One, and so does one.mjs",
  );
});
