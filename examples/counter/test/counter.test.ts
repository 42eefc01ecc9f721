import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("the first object of the readme counts", async () => {
  const args = ["--conditions=@goverse/source", "--import", "tsx", join(root, "src", "counter.ts")];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  expect([stdout, stderr]).toEqual(["1\n", ""]);
}, 70_000);
