import { AggregatorRegistry, Counter, Gauge, Histogram } from "prom-client";
import { describe, expect, it, vi } from "vitest";
import { catalogueOf, createMetrics, type GoverseMetrics, type MetricsOptions, ObjectCounts } from "../src/index.ts";
import { samples, text } from "./scrape.ts";

function create(options: Partial<MetricsOptions> = {}): GoverseMetrics {
  return createMetrics({ node: "localhost:47000", role: "node", processMetrics: false, ...options });
}

function withTraffic(options: Partial<MetricsOptions> = {}): GoverseMetrics {
  const metrics = create(options);
  metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage").callFinished(true, 0.01);
  const counts = new ObjectCounts(64);
  counts.activated(counts.typeIndex("ChatRoom"), 7);
  metrics.observeObjects(counts);
  metrics.observeShards(() => ({ owned: 64, migrating: 0 }));
  return metrics;
}

describe("the text format", () => {
  it("has a blank line between metrics and ends with a line break", async () => {
    const all = await text(withTraffic());
    expect(all.startsWith("# HELP goverse_objects_total ")).toBe(true);
    expect(all).toContain("\n\n# HELP goverse_method_calls_total ");
    expect(all).not.toContain("\n\n\n");
    expect(all.endsWith(" 0\n")).toBe(true);
  });

  it("escapes label values and help texts", async () => {
    const metrics = create({ node: 'a"b\\c\nd' });
    expect(await text(metrics, { names: new Set(["goverse_shard_claims_total"]) })).toContain(
      '{node="a\\"b\\\\c\\nd"} 0\n',
    );
    new Gauge({ name: "user_gauge", help: 'say "hi"\\\n', registers: [metrics.registry] }).set(1);
    const names = new Set(["user_gauge"]);
    expect(await text(metrics, { names })).toContain('# HELP user_gauge say "hi"\\\\\\n\n');
    expect(await text(metrics, { names, format: "openmetrics" })).toContain('# HELP user_gauge say \\"hi\\"\\\\\\n\n');
  });

  it("prints numbers that are none", async () => {
    const metrics = create();
    const gauge = new Gauge({ name: "user_gauge", help: "h", labelNames: ["v"], registers: [metrics.registry] });
    gauge.set({ v: "a" }, Number.POSITIVE_INFINITY);
    gauge.set({ v: "b" }, Number.NEGATIVE_INFINITY);
    gauge.set({ v: "c" }, Number.NaN);
    expect(await text(metrics, { names: new Set(["user_gauge"]) })).toMatch(/a"} \+Inf\n.*b"} -Inf\n.*c"} NaN\n$/);
  });
});

describe("OpenMetrics", () => {
  it("keeps _total on counter samples, takes it from their families, and leaves gauges called _total alone", async () => {
    const lines = (await text(withTraffic(), { format: "openmetrics" })).split("\n");
    expect(lines).toContain("# TYPE goverse_method_calls counter");
    expect(lines).toContain("# TYPE goverse_objects_total gauge");
    expect(lines).toContain('goverse_shards_total{node="localhost:47000"} 64');
    expect(lines.filter((line) => line.startsWith("goverse_method_calls{"))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("goverse_method_calls_total{"))).toHaveLength(4);
  });

  it("has no blank lines and ends with # EOF", async () => {
    const all = await text(withTraffic(), { format: "openmetrics" });
    expect(all.endsWith("\n# EOF\n")).toBe(true);
    expect(all).not.toContain("\n\n");
    expect(all.match(/# EOF/g)).toHaveLength(1);
  });

  it("gives a counter of a user without _total its suffix", async () => {
    const metrics = create();
    new Counter({ name: "user_things", help: "h", registers: [metrics.registry] }).inc(2);
    const names = new Set(["user_things"]);
    expect(await text(metrics, { names, format: "openmetrics" })).toBe(
      "# HELP user_things h\n# TYPE user_things counter\nuser_things_total 2\n# EOF\n",
    );
    expect(await text(metrics, { names })).toBe("# HELP user_things h\n# TYPE user_things counter\nuser_things 2\n");
  });

  it("does not change what the text format says afterwards", async () => {
    const metrics = withTraffic();
    const before = await text(metrics);
    await text(metrics, { format: "openmetrics" });
    expect(await text(metrics)).toBe(before);
  });
});

describe("a scrape", () => {
  it("holds what it is asked for, by family or sample name", async () => {
    const metrics = withTraffic();
    const names = new Set(["goverse_shards_total", "goverse_method_call_duration_count", "nothing"]);
    const types = (await text(metrics, { names })).split("\n").filter((line) => line.startsWith("# TYPE"));
    expect(types).toEqual(["# TYPE goverse_method_call_duration histogram", "# TYPE goverse_shards_total gauge"]);
    expect(await text(metrics, { names: new Set(["nothing"]), format: "openmetrics" })).toBe("# EOF\n");
  });

  it("lets other work run after every 2000 lines", async () => {
    let pauses = 0;
    const pause = async (): Promise<void> => void (pauses += 1);
    const metrics = create({ pause });
    const counts = new ObjectCounts(8_192);
    const type = counts.typeIndex("ChatRoom");
    for (let shard = 0; shard < 8_192; shard += 1) counts.activated(type, shard);
    metrics.observeObjects(counts);
    const { chunks } = await metrics.expose({ names: new Set(["goverse_objects_total"]) });
    expect(pauses).toBe(4);
    expect(chunks.map((chunk) => chunk.split("\n").length - 1)).toEqual([2_000, 2_000, 2_000, 2_000, 194]);
  });

  it("is rendered once for those who ask at the same time", async () => {
    let reads = 0;
    const metrics = create();
    metrics.observeShards(() => ({ owned: (reads += 1), migrating: undefined }));
    const names = new Set(["goverse_shards_total"]);
    const [first, second, other] = await Promise.all([
      metrics.expose({ names }),
      metrics.expose({ names: new Set(names) }),
      metrics.expose({ names, format: "openmetrics" }),
    ]);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(reads).toBe(2);
    await metrics.expose({ names });
    expect(reads).toBe(3);
  });

  it("leaves out a metric that cannot be read, whole, and says so", async () => {
    const logged: unknown[] = [];
    const metrics = withTraffic({ logger: { error: (_message, fields) => logged.push(fields?.["metric"]) } });
    const healthy = await text(metrics);
    const boom = new Error("boom");
    const stop = metrics.observeClients(function* () {
      yield ["grpc", 1];
      throw boom;
    });
    const broken = await text(metrics);
    expect(broken).not.toContain("goverse_clients_connected{");
    expect(broken).not.toContain("# TYPE goverse_clients_connected ");
    expect(broken).toContain("goverse_shards_total{");
    expect(logged).toEqual(["goverse_clients_connected"]);
    stop();
    const errors = await samples(metrics, "goverse_metrics_collector_errors_total");
    expect(errors['goverse_metrics_collector_errors_total{metric="goverse_clients_connected"}']).toBe(1);
    const recovered = await text(metrics);
    expect(recovered.replace(/(collector_errors_total\{metric="goverse_clients_connected"\}) 1/, "$1 0")).toBe(healthy);
  });

  it("takes back the lines of a metric that fails after a pause", async () => {
    const metrics = create({ pause: () => Promise.resolve() });
    metrics.observeObjects({
      *countsByType() {
        yield ["Fine", new Int32Array(5_000).fill(1)];
        throw new Error("boom");
      },
    });
    const all = await text(metrics);
    expect(all).not.toContain("Fine");
    expect(all.match(/^# TYPE/gm)).toHaveLength(catalogueOf("node").length - 1);
  });

  it("survives a user's collector that throws or rejects", async () => {
    const metrics = withTraffic();
    const { registry } = metrics;
    new Gauge({ name: "user_throws", help: "h", registers: [registry], collect: () => expect.fail("no") });
    new Gauge({
      name: "user_rejects",
      help: "h",
      registers: [registry],
      collect: () => Promise.reject(new Error("no")),
    });
    new Gauge({ name: "user_fine", help: "h", registers: [registry] }).set(1);
    const all = await text(metrics);
    expect(all).toContain("user_fine 1");
    expect(all).not.toMatch(/# TYPE user_(throws|rejects)/);
    const errors = await samples(metrics, "goverse_metrics_collector_errors_total");
    expect(errors['goverse_metrics_collector_errors_total{metric="user_throws"}']).toBe(1);
    expect(errors['goverse_metrics_collector_errors_total{metric="user_rejects"}']).toBe(1);
  });

  it("does not wait for ever for a collector that never answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const metrics = create();
      new Gauge({ name: "user_hangs", help: "h", registers: [metrics.registry], collect: () => new Promise(() => {}) });
      new Gauge({ name: "user_fine", help: "h", registers: [metrics.registry] }).set(1);
      const scrape = text(metrics, { names: new Set(["user_hangs", "user_fine"]) });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await scrape).toBe("# HELP user_fine h\n# TYPE user_fine gauge\nuser_fine 1\n");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("prints histograms of users with le last", async () => {
    const metrics = create();
    const histogram = new Histogram({
      name: "user_seconds",
      help: "h",
      labelNames: ["a"],
      buckets: [1],
      registers: [metrics.registry],
    });
    histogram.observe({ a: "x" }, 0.5);
    expect(await text(metrics, { names: new Set(["user_seconds"]) })).toBe(
      [
        "# HELP user_seconds h",
        "# TYPE user_seconds histogram",
        'user_seconds_bucket{a="x",le="1"} 1',
        'user_seconds_bucket{a="x",le="+Inf"} 1',
        'user_seconds_sum{a="x"} 0.5',
        'user_seconds_count{a="x"} 1',
        "",
      ].join("\n"),
    );
  });
});

describe("prom-client", () => {
  it("reads our metrics through its own registry", async () => {
    const metrics = withTraffic();
    const theirs = (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const ours = (await text(metrics)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(theirs.map(sortLabels).sort()).toEqual(ours.map(sortLabels).sort());
  });

  it("adds up workers of one process group, except what all of them say alike", async () => {
    const workers = [withTraffic(), withTraffic()];
    for (const worker of workers) worker.observeShards(() => ({ owned: 32, migrating: 3 }));
    const json = await Promise.all(workers.map((worker) => worker.registry.getMetricsAsJSON()));
    const merged = await AggregatorRegistry.aggregate(json).metrics();
    expect(merged).toContain('goverse_shards_total{node="localhost:47000"} 64');
    expect(merged).toContain("goverse_shards_migrating 3");
    expect(merged).toContain('method_name="SendMessage",status="success"} 2');
  });

  it("resets counters and histograms", async () => {
    const metrics = withTraffic();
    metrics.registry.resetMetrics();
    expect(Object.values(await samples(metrics, "goverse_method_calls_total"))).toEqual([0, 0, 0, 0]);
    expect(await samples(metrics, "goverse_method_call_duration")).toEqual({});
    expect(Object.values(await samples(metrics, "goverse_objects_total"))).toEqual([1]);
  });
});

function sortLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(",").sort().join(",")}}`);
}
