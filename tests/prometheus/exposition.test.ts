import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics, type ExpositionFormat, type GoverseMetrics, ObjectCounts } from "@goverse/metrics";
import { beforeAll, describe, expect, it } from "vitest";
import { requireTool } from "../support/tools.ts";

const tool = requireTool("promtool", "the checks of /metrics by Prometheus's own tool");

/** What `promtool check metrics` says about the published names, and nothing else may be. */
const KNOWN_COMPLAINTS = [
  'goverse_objects_total non-counter metrics should not have "_total" suffix',
  'goverse_shards_total non-counter metrics should not have "_total" suffix',
];

function busyNode(): GoverseMetrics {
  const metrics = createMetrics({ node: "localhost:47000", role: "node", version: "0.1.0" });
  const room = metrics.registerType("ChatRoom", ["SendMessage", "JoinRoom"]);
  for (let i = 0; i < 100; i += 1) room.method("SendMessage").callFinished(i >= 7, i / 1_000);
  room.method("JoinRoom").queueWaited(0.02);
  room.method("Ünknown\n").callFinished(false, 0);
  const objects = new ObjectCounts(8_192);
  for (const shard of [0, 100, 100, -1]) objects.activated(objects.typeIndex("ChatRoom"), shard);
  metrics.observeObjects(objects);
  metrics.observeShards(() => ({ owned: 2_731, migrating: 3 }));
  metrics.observeClients(() => [["sse", 2]]);
  metrics.peerSeen("localhost:47001");
  metrics.shardMigrated("localhost:47001");
  metrics.pushesDropped('a "reason" with \\ and\nmore');
  return metrics;
}

async function scrape(metrics: GoverseMetrics, format: ExpositionFormat): Promise<string> {
  return (await metrics.expose({ format })).chunks.join("");
}

function promtool(args: readonly string[], input?: string): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(tool ?? "promtool", args, {
    encoding: "utf8",
    timeout: 30_000,
    ...(input && { input }),
  });
  return { status, lines: `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "") };
}

describe.runIf(tool !== undefined)("what Prometheus's own tool says", () => {
  let metrics: GoverseMetrics;

  beforeAll(() => {
    metrics = busyNode();
  });

  it("accepts the text of a node but for the published names", async () => {
    const { lines } = promtool(["check", "metrics"], await scrape(metrics, "text"));
    expect(lines).toEqual(KNOWN_COMPLAINTS);
  });

  it("accepts the text of a gate without a word", async () => {
    const gate = createMetrics({ node: "localhost:49000", role: "gate" });
    expect(promtool(["check", "metrics"], await scrape(gate, "text"))).toEqual({ status: 0, lines: [] });
  });

  it("would complain about a text that is wrong", () => {
    expect(promtool(["check", "metrics"], "a{b=} 1\n").status).not.toBe(0);
  });

  it("imports the OpenMetrics text, and would not without its end or with a blank line", async () => {
    const openMetrics = await scrape(metrics, "openmetrics");
    expect(importOpenMetrics(openMetrics)).toBe(0);
    expect(importOpenMetrics(openMetrics.replace("# EOF\n", ""))).not.toBe(0);
    expect(importOpenMetrics(openMetrics.replace("# TYPE", "\n# TYPE"))).not.toBe(0);
  });
});

/** The exit status of `promtool tsdb create-blocks-from openmetrics`. An import needs times; a scrape has none. */
function importOpenMetrics(text: string): number | null {
  const folder = mkdtempSync(join(tmpdir(), "goverse-openmetrics-"));
  try {
    const file = join(folder, "metrics.txt");
    writeFileSync(file, text.replaceAll(/^([^#\n].*)$/gm, "$1 1700000000"));
    return promtool(["tsdb", "create-blocks-from", "openmetrics", file, join(folder, "data")]).status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
