import * as inspector from "node:inspector";
import { expect, test } from "vitest";
import { CpuHub } from "../src/cpu/cpu-hub.ts";
import { burn } from "./support/service.ts";

/** Long enough for a sampler that has to wait for its turn on a busy machine. */
const LONG_MS = 300;

const functionsOf = ({
  nodes,
}: {
  readonly nodes: readonly { callFrame: { functionName: string } }[];
}): readonly string[] => nodes.map(({ callFrame }) => callFrame.functionName);

// The first of all: code that was optimised before anybody recorded stays folded into its callers.
test("while another recording goes on, functions keep their names however hot they are", async () => {
  const hub = new CpuHub(1000);
  const always = await hub.begin();
  for (let i = 0; i < 4; i += 1) {
    const recording = await hub.begin();
    burn(LONG_MS);
    expect(functionsOf(await recording.end())).toContain("burn");
  }
  await always.end();
});

test("recordings overlap, each with its own beginning and end", async () => {
  const hub = new CpuHub(1000);
  const [first, second] = [await hub.begin(), await hub.begin()];
  burn(LONG_MS);
  const short = await first.end();
  burn(LONG_MS);
  const long = await second.end();
  // Microseconds; the beginnings are near each other, the ends are not.
  expect(long.endTime).toBeGreaterThan(short.endTime + 20_000);
  expect(long.startTime).toBeLessThan(short.endTime);
});

test("begins anew after the last has ended", async () => {
  const hub = new CpuHub(1000);
  for (let i = 0; i < 3; i += 1) {
    const recording = await hub.begin();
    burn(LONG_MS);
    // Not by name: what was optimised while nobody recorded may have been folded into its caller.
    expect((await recording.end()).samples?.length).toBeGreaterThan(1);
  }
});

test("profiling by the program itself is left alone, and does no harm", async () => {
  const hub = new CpuHub(1000);
  inspector.console.profile("of the program");
  const recording = await hub.begin();
  burn(LONG_MS);
  // Without a title this ends the most recent one, whoever began it.
  inspector.console.profileEnd();
  inspector.console.profileEnd("of the program");
  expect((await recording.end()).samples?.length).toBeGreaterThan(1);
});

test("a recording ends once", async () => {
  const recording = await new CpuHub(1000).begin();
  await recording.end();
  await expect(recording.end()).rejects.toThrow("has been ended before");
});
