import { describe, expect, test } from "vitest";
import { type Span, SpanBuffer } from "../src/index.ts";
import { toTraceEvents } from "../src/trace/span-tracks.ts";
import { burn, startService } from "./support/service.ts";

const span = (name: string, startUs: number, durationUs: number, category = "object turns"): Span => ({
  name,
  category,
  startUs,
  durationUs,
});

describe("spans become tracks", () => {
  test("those that overlap are beside each other, those that do not share a track", () => {
    const events = toTraceEvents([span("c", 30, 5), span("a", 0, 20), span("b", 10, 30), span("d", 0, 1, "etcd")], 7);
    const tracks = new Map(
      events.filter(({ ph }) => ph === "M").map(({ tid, args }) => [tid, (args as { name: string }).name]),
    );
    const placed = events
      .filter(({ ph }) => ph === "X")
      .map(({ name, tid, ts, dur }) => [name, tracks.get(tid), ts, dur]);
    expect(placed).toEqual([
      ["a", "object turns", 0, 20],
      ["d", "etcd", 0, 1],
      ["b", "object turns (2)", 10, 30],
      ["c", "object turns", 30, 5],
    ]);
  });

  test("are kept only while a trace is taken", () => {
    const spans = new SpanBuffer();
    spans.add(span("before", 0, 1));
    expect(spans.active).toBe(false);
    const [end, endToo] = [spans.collect(), spans.collect()];
    spans.add(span("during", 1, 1));
    expect(spans.active).toBe(true);
    expect(end().map(({ name }) => name)).toEqual(["during"]);
    expect(endToo().map(({ name }) => name)).toEqual(["during"]);
    expect(spans.active).toBe(false);
  });
});

describe("a trace", () => {
  interface Event {
    readonly ph: string;
    readonly pid: number;
    readonly tid: number;
    readonly ts: number;
    readonly dur?: number;
    readonly name: string;
    readonly cat?: string;
    readonly args?: Readonly<Record<string, unknown>>;
  }

  test("follows the trace event format, with CPU samples and our own spans on one clock; one at a time", async () => {
    const spans = new SpanBuffer();
    const service = await startService({ spans, heap: false, stalls: false });
    const request = service.get("/trace?seconds=0.8");
    await expect.poll(() => spans.active).toBe(true);
    const startUs = Number(process.hrtime.bigint() / 1000n);
    burn(300);
    spans.add({ name: "ChatRoom.SendMessage", category: "object turns", startUs, durationUs: 300_000, args: { a: 1 } });
    const second = await service.get("/trace");
    expect([second.status, await second.text()]).toEqual([
      500,
      "Could not enable tracing: tracing is already enabled\n",
    ]);
    const response = await request;
    await service.stop();

    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="trace.json"`);
    const { traceEvents } = (await response.json()) as { traceEvents: readonly Event[] };
    for (const event of traceEvents) {
      expect(event).toMatchObject({
        ph: expect.any(String),
        pid: process.pid,
        tid: expect.any(Number),
        name: expect.any(String),
      });
      expect(event.ts).toEqual(expect.any(Number));
      if (event.ph === "X") expect(event.dur).toEqual(expect.any(Number));
    }
    const chunks = traceEvents.filter(({ name }) => name === "ProfileChunk");
    expect(JSON.stringify(chunks)).toContain(`"functionName":"burn"`);
    expect(traceEvents.some(({ name }) => /RunTimers|CheckImmediate|RunAndClearNativeImmediates/.test(name))).toBe(
      true,
    );
    const ours = traceEvents.find(({ name }) => name === "ChatRoom.SendMessage");
    expect(ours).toMatchObject({ ph: "X", cat: "object turns", ts: startUs, dur: 300_000, args: { a: 1 } });
    const times = chunks.map(({ ts }) => ts);
    expect(Math.min(...times)).toBeLessThan(startUs + 300_000);
    expect(Math.max(...times)).toBeGreaterThan(startUs);
  });
});
