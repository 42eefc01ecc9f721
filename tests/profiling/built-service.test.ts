// A program that was bundled, with everything in one file: names and lines are still those of the sources.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { ROOT } from "../support/program.ts";
import { requireTool } from "../support/tools.ts";
import { createPprofTool, type PprofTool } from "./pprof.ts";
import { type ProfiledService, startService } from "./profiled-service.ts";

const go = requireTool("go", "go tool pprof on a bundled program");

// Where the packages that stay outside of the bundle are found.
const folder = mkdtempSync(join(ROOT, "tests/node_modules/.built-"));
let service: ProfiledService;
let pprof: PprofTool;

beforeAll(async () => {
  if (go === undefined) return;
  const config = fileURLToPath(new URL("./service/tsup.config.ts", import.meta.url));
  const tsup = join(ROOT, "node_modules/tsup/dist/cli-default.js");
  const built = await run(process.execPath, [tsup, "--config", config, "--out-dir", folder], {
    cwd: ROOT,
    output: "capture",
  });
  if (built.status !== 0) throw new Error(built.output);
  service = await startService({}, [join(folder, "main.js")]);
  pprof = createPprofTool(go);
});

afterAll(async () => {
  pprof?.remove();
  await service?.program.destroy();
  rmSync(folder, { recursive: true, force: true });
});

// The engine counts what it has folded into a caller as the caller's; this function is called from three places and stays.
test.runIf(go !== undefined)("time is on the lines of the TypeScript that took it", async () => {
  const stop = service.keepAsking("spend", 7.3);
  const url = `${service.pprof}/profile?seconds=2`;
  await pprof.output("-proto", "-output=built.pb.gz", url);
  await stop();
  const listing = await pprof.output("-list=busy-work.spend$", "built.pb.gz");
  expect(listing).toMatch(/ROUTINE =+ tests\/profiling\/service\/busy-work\.spend in .*service\/busy-work\.ts/);
  const timed = listing.split("\n").filter((line) => /^ +[\d.]+m?s/.test(line));
  expect(timed.some((line) => /while \(performance\.now\(\) - startMs/.test(line))).toBe(true);
  const top = await pprof.output("-top", "-cum", "built.pb.gz");
  expect(top.replace(/^File: .*/, "")).not.toMatch(/main\.js|\.built/);
});

test.runIf(go !== undefined)("heap too", async () => {
  await service.ask("leak", 200_000);
  const listing = await pprof.output("-list=busy-work.leakMessages", `${service.pprof}/heap?gc=1`);
  expect(listing).toMatch(/[\d.]+MB .*export function leakMessages\(count: number\): number \{/);
});
