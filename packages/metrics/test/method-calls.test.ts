import { describe, expect, it } from "vitest";
import { createMetrics, type GoverseMetrics } from "../src/index.ts";
import { PUBLISHED_HISTOGRAM } from "./contract.golden.ts";
import { samples, text } from "./scrape.ts";

const CALLS = "goverse_method_calls_total";
const DURATION = "goverse_method_call_duration";

function calls(type: string, method: string, status: string): string {
  return `${CALLS}{node="localhost:47000",object_type="${type}",method_name="${method}",status="${status}"}`;
}

function create(): GoverseMetrics {
  return createMetrics({ node: "localhost:47000", role: "node", processMetrics: false });
}

describe("calls", () => {
  it("have both counters of every registered method at 0 before the first call", async () => {
    const metrics = create();
    metrics.registerType("ChatRoom", ["SendMessage", "JoinRoom"]);
    expect(await samples(metrics, CALLS)).toMatchObject({
      [calls("ChatRoom", "SendMessage", "success")]: 0,
      [calls("ChatRoom", "SendMessage", "failure")]: 0,
      [calls("ChatRoom", "JoinRoom", "success")]: 0,
      [calls("ChatRoom", "JoinRoom", "failure")]: 0,
    });
  });

  it("are counted by status, and the histogram's count is the counter", async () => {
    const metrics = create();
    const method = metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage");
    for (let i = 0; i < 100; i += 1) method.callFinished(i >= 7, 0.002);
    expect(await samples(metrics, CALLS)).toMatchObject({
      [calls("ChatRoom", "SendMessage", "success")]: 93,
      [calls("ChatRoom", "SendMessage", "failure")]: 7,
    });
    const durations = await samples(metrics, DURATION);
    const counts = Object.entries(durations).filter(([line]) => line.includes("_count{"));
    expect(counts.map(([, value]) => value)).toEqual([93, 7]);
  });

  it("print a histogram exactly as the document does, a bound belonging to its bucket", async () => {
    const metrics = create();
    const method = metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage");
    for (const seconds of [0.001, 0.0025, 0.0065, 0.04, 0.2, 9, 12]) method.callFinished(true, seconds);
    expect(await text(metrics, { names: new Set([DURATION]) })).toBe(PUBLISHED_HISTOGRAM);
  });

  it("show no histogram before the first observation, which would make quantiles NaN", async () => {
    const metrics = create();
    const method = metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage");
    expect(await samples(metrics, DURATION)).toEqual({});
    method.callFinished(false, 0);
    expect(Object.keys(await samples(metrics, DURATION)).every((line) => line.includes('status="failure"'))).toBe(true);
  });

  it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY])(
    "with an impossible duration (%s) are counted and last 0 s",
    async (seconds) => {
      const metrics = create();
      metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage").callFinished(true, seconds);
      const durations = await samples(metrics, DURATION);
      expect(
        durations[
          `${DURATION}_sum{node="localhost:47000",object_type="ChatRoom",method_name="SendMessage",status="success"}`
        ],
      ).toBe(0);
      expect((await samples(metrics, CALLS))[calls("ChatRoom", "SendMessage", "success")]).toBe(1);
    },
  );

  it("that wait are recorded apart from their execution", async () => {
    const metrics = create();
    metrics.registerType("ChatRoom", ["SendMessage"]).method("SendMessage").queueWaited(0.3);
    const waits = await samples(metrics, "goverse_method_queue_wait_seconds");
    const labels = 'node="localhost:47000",object_type="ChatRoom",method_name="SendMessage"';
    expect(waits[`goverse_method_queue_wait_seconds_sum{${labels}}`]).toBe(0.3);
    expect(waits[`goverse_method_queue_wait_seconds_bucket{${labels},le="0.1"}`]).toBe(0);
    expect(waits[`goverse_method_queue_wait_seconds_bucket{${labels},le="0.5"}`]).toBe(1);
    expect(await samples(metrics, DURATION)).toEqual({});
  });

  it("of unknown methods and types share one series each, whatever a caller invents", async () => {
    const metrics = create();
    const room = metrics.registerType("ChatRoom", ["SendMessage"]);
    for (const name of ["Hack", "__proto__", "constructor", 'a"b\n']) room.method(name).callFinished(false, 0);
    metrics.unknownMethod("ChatRoom").callFinished(false, 0);
    metrics.unknownMethod("Nothing").callFinished(false, 0);
    metrics.unknownMethod().callFinished(false, 0);
    const counted = await samples(metrics, CALLS);
    expect(counted[calls("ChatRoom", "_unknown", "failure")]).toBe(5);
    expect(counted[calls("_unknown", "_unknown", "failure")]).toBe(2);
    expect(Object.keys(counted)).toHaveLength(4);
  });

  it("keep their recorder when a type is registered again with more methods", async () => {
    const metrics = create();
    const first = metrics.registerType("ChatRoom", ["SendMessage"]);
    const again = metrics.registerType("ChatRoom", ["SendMessage", "JoinRoom"]);
    expect(again).toBe(first);
    expect(first.method("JoinRoom")).not.toBe(first.method("SendMessage"));
    expect((await samples(metrics, CALLS))[calls("ChatRoom", "JoinRoom", "success")]).toBe(0);
  });

  it("over the limit of series are counted under _unknown, and the refusal is counted too", async () => {
    const metrics = create();
    const methods = Array.from({ length: 6_000 }, (_, i) => `M${i}`);
    const type = metrics.registerType("Huge", methods);
    type.method("M5999").callFinished(true, 1);
    const counted = await samples(metrics, CALLS);
    expect(Object.keys(counted).length).toBeLessThanOrEqual(10_000);
    expect(counted[calls("Huge", "_unknown", "success")]).toBe(1);
    const refused = await samples(metrics, "goverse_metrics_series_refused_total");
    expect(refused[`goverse_metrics_series_refused_total{metric="${CALLS}"}`]).toBeGreaterThan(0);
  });

  it("are not for a gate to record", () => {
    const gate = createMetrics({ node: "localhost:49000", role: "gate", processMetrics: false });
    expect(() => gate.registerType("ChatRoom", [])).toThrow(/a gate/);
    expect(() => gate.unknownMethod()).toThrow(/a gate/);
  });
});
