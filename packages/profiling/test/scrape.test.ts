// What Grafana Alloy's pyroscope.scrape and Parca ask for by default, and what they insist on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { QueueWaitTable, TaskRegistry } from "../src/index.ts";
import { burn, type Decoded, decodeAnswer, type Service, startService } from "./support/service.ts";

const queueWaits = new QueueWaitTable();
let service: Service;

beforeAll(async () => {
  service = await startService({ queueWaits, tasks: new TaskRegistry(), heap: { intervalBytes: 16_380, maxAgeMs: 0 } });
});

afterAll(() => service.stop());

/** Both send `seconds` to every path when a scrape has parameters of its own. */
const paths = ["/allocs", "/block", "/goroutine", "/mutex", "/profile?seconds=1"];

test.each([...paths, ...paths.slice(0, 4).map((path) => `${path}?seconds=1`)])("%s is 200 and gzip", async (path) => {
  const response = await service.get(path, { headers: { "Accept-Encoding": "gzip", "User-Agent": "Alloy/1" } });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
  const body = new Uint8Array(await response.arrayBuffer());
  expect([body[0], body[1]]).toEqual([0x1f, 0x8b]);
});

/** Values of one type by stack and labels, which is how scrapers find the earlier value. */
function byStack({ types, samples }: Decoded, type: string): ReadonlyMap<string, number> {
  const index = types.findIndex((one) => one.startsWith(`${type}/`));
  return new Map(samples.map(({ names, labels, values }) => [JSON.stringify([names, labels]), values[index] ?? 0]));
}

test.each([
  ["allocs", "alloc_objects"],
  ["allocs", "alloc_space"],
  ["mutex", "contentions"],
  ["mutex", "delay"],
  ["block", "contentions"],
  ["block", "delay"],
])("%s: %s never falls for any stack", async (name, type) => {
  const kept: unknown[] = [];
  const work = async (): Promise<void> => {
    queueWaits.record({ queue: "Room", holder: "a", waiter: "b" }, 1000);
    kept.push(Array.from({ length: 20_000 }, (_, index) => ({ index })));
    burn(120);
    await new Promise((resolve) => setTimeout(resolve, 40));
  };
  await work();
  const earlier = byStack(await decodeAnswer(await service.get(`/${name}`)), type);
  await work();
  const later = byStack(await decodeAnswer(await service.get(`/${name}`)), type);
  expect([...later.values()].reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
  for (const [stack, value] of earlier) expect([stack, (later.get(stack) ?? 0) >= value]).toEqual([stack, true]);
});
