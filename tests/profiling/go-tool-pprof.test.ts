// What Go's own tool makes of every profile.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireTool } from "../support/tools.ts";
import { createPprofTool, type PprofTool } from "./pprof.ts";
import { type ProfiledService, startService } from "./profiled-service.ts";

const go = requireTool("go", "go tool pprof on every profile");
const dot = requireTool("dot", "graphs of profiles");

let service: ProfiledService;
let pprof: PprofTool;

beforeAll(async () => {
  if (go === undefined) return;
  service = await startService();
  pprof = createPprofTool(go);
  // The first call makes Go build the tool.
  await pprof.output("-top", `${service.pprof}/threadcreate`);
  await Promise.all([service.ask("history", 50), service.ask("send", 3), service.ask("stall", 300)]);
  await service.ask("leak", 100_000);
}, 180_000);

afterAll(async () => {
  pprof?.remove();
  await service?.program.destroy();
});

const snapshots = ["heap", "allocs", "goroutine", "threadcreate", "block", "mutex"];

describe.runIf(go !== undefined)("go tool pprof reads", () => {
  test.each([
    ["heap", /leakMessages/],
    ["allocs", /leakMessages/],
    ["goroutine", /active handles and requests of Node/],
    ["threadcreate", /\(main\)/],
    ["block", /busy-work\.spend/],
    ["mutex", /ChatRoom\.LoadHistory \(holder\)/],
  ])("%s, and finds in it what is there", async (name, expected) => {
    const url = `${service.pprof}/${name}`;
    const [top, raw] = await Promise.all([pprof.output("-top", "-cum", url), pprof.output("-raw", url)]);
    expect(top).toMatch(expected);
    expect(raw).toContain("PeriodType:");
    expect(raw).toMatch(/\[FN\]\[FL\]\[LN\]/);
  });

  test("each of them as a delta", async () => {
    const tops = await Promise.all(snapshots.map((name) => pprof.output("-top", `${service.pprof}/${name}?seconds=1`)));
    for (const top of tops) expect(top).toContain("Duration:");
  });

  test.runIf(dot !== undefined)("every one of them as a graph", async () => {
    const urls = [...snapshots, "profile?seconds=1"].map((name) => `${service.pprof}/${name}`);
    const stop = service.keepAsking("spend", 5);
    const graphs = await Promise.all(urls.map((url) => pprof.output("-svg", url)));
    await stop();
    for (const graph of graphs) expect(graph).toContain("</svg>");
  });

  test("one heap against another: what was leaked in between is on top", async () => {
    const earlier = await pprof.output("-proto", "-output=before.pb.gz", `${service.pprof}/heap?gc=1`);
    expect(earlier).toBe("");
    await service.ask("leak", 300_000);
    const top = await pprof.output("-top", "-base=before.pb.gz", `${service.pprof}/heap?gc=1`);
    expect(rows(top)[0]?.name).toMatch(/^tests\/profiling\/service\/busy-work\.(?:leakMessages|LeakedMessage)$/);
  });
});

describe.runIf(go !== undefined)("a CPU profile", () => {
  let file: string;

  beforeAll(async () => {
    if (go === undefined) return;
    file = "cpu.pb.gz";
    // Not a multiple of the sampler's period, which would see the same moment of each round.
    const stop = service.keepAsking("spend", 36.5);
    const before = (await service.ask("spent")) as Record<string, number>;
    await pprof.output("-proto", `-output=${file}`, `${service.pprof}/profile?seconds=6`);
    await stop();
    const after = (await service.ask("spent")) as Record<string, number>;
    for (const name of Object.keys(after)) spent[name] = (after[name] ?? 0) - (before[name] ?? 0);
  });

  const spent: Record<string, number> = {};

  test("names functions like Go's, and reports the large ones with their shares", async () => {
    const top = rows(await pprof.output("-top", "-cum", "-unit=ms", file));
    const total = (spent["spendHalf"] ?? 0) + (spent["spendThird"] ?? 0) + (spent["spendRest"] ?? 0);
    const of = (name: string): number =>
      top.find((row) => row.name === `tests/profiling/service/busy-work.${name}`)?.cum ?? 0;
    const reported = of("spendHalf") + of("spendThird") + of("spendRest");
    for (const name of ["spendHalf", "spendThird", "spendRest"]) {
      const [share, trueShare] = [of(name) / reported, (spent[name] ?? 0) / total];
      expect(Math.abs(share - trueShare) / trueShare, `${name}: ${share} of ${trueShare}`).toBeLessThan(0.2);
    }
    // What they say they took includes what was before and after the recording.
    expect(reported / total).toBeGreaterThan(0.5);
    expect(reported / total).toBeLessThan(1.1);
  });

  test("lists TypeScript with time beside it", async () => {
    const listing = await pprof.output("-list=busy-work.spendHalf", file);
    expect(listing).toMatch(/ROUTINE =+ tests\/profiling\/service\/busy-work\.spendHalf in .*busy-work\.ts/);
    expect(listing).toMatch(/\d+m?s .*export function spendHalf\(unitMs: number\): number \{/);
  });

  test("shows callers and callees", async () => {
    const peek = await pprof.output("-peek=busy-work.spendHalf$", file);
    expect(peek).toMatch(/service\/busy-work\.spend$/m);
  });

  test("answers to typed commands", async () => {
    const { status, out } = await pprof.run([file], "top3\npeek spendHalf\nquit\n");
    expect(status).toBe(0);
    expect(out).toMatch(/Showing top 3 nodes/);
  });
});

interface Row {
  readonly flat: number;
  readonly cum: number;
  readonly name: string;
}

/** The lines of `-top`, with the unit taken off. */
function rows(top: string): readonly Row[] {
  return top.split("\n").flatMap((line) => {
    const match = /^ *([-\d.]+)\S* +\S+ +\S+ +([-\d.]+)\S* +\S+ +(.+)$/.exec(line);
    return match === null ? [] : [{ flat: Number(match[1]), cum: Number(match[2]), name: match[3] ?? "" }];
  });
}
