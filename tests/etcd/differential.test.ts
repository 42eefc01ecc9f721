import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import type { Etcd3 } from "etcd3";
import { expect, test, vi } from "vitest";
import { requireTool } from "../support/tools.ts";
import { seededRandom } from "./random.ts";
import { randomCall, randomCompaction, type RandomCall } from "./random-calls.ts";
import type { Bounds } from "./random-requests.ts";
import { plain, rawClient } from "./raw-client.ts";
import { startRealEtcd } from "./real-etcd.ts";
import { openWatchPair, type WatchPair } from "./watch-pair.ts";

const CALLS = Number(process.env["GOVERSE_DIFFERENTIAL_CALLS"] ?? 3000);
const SEED = Number(process.env["GOVERSE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));
/** Calls between two compactions, and between two new watches. */
const CALLS_PER_COMPACTION = 150;
const CALLS_PER_WATCH = 100;
/** Real events may be late on a loaded machine. */
const ARRIVAL_TIMEOUT_MS = 10_000;
const TEST_TIMEOUT_MS = 120_000;

test("the embedded server answers a random history of calls as etcd does", { timeout: TEST_TIMEOUT_MS }, async () => {
  if (requireTool("etcd", "the comparison of the embedded server with etcd") === undefined) return;
  process.stdout.write(`differential: ${CALLS} calls; repeat with GOVERSE_SEED=${SEED}\n`);
  const real = await startRealEtcd();
  const embedded = await startEmbeddedEtcd();
  const clients: readonly [Etcd3, Etcd3] = [rawClient(real.address), rawClient(embedded.address)];
  const watches = await openWatchPair(...clients);
  try {
    await compareRun(clients, watches);
    expect(watches.eventCount()).toBeGreaterThan(CALLS / 10);
  } finally {
    watches.close();
    for (const client of clients) client.close();
    await embedded.stop();
    await real.stop();
  }
});

async function compareRun(clients: readonly [Etcd3, Etcd3], watches: WatchPair): Promise<void> {
  const random = seededRandom(SEED);
  let bounds: Bounds = { revision: 1, compactRevision: 0 };
  for (let index = 0; index < CALLS; index++) {
    if (index % CALLS_PER_WATCH === 0) {
      // Canceled only when all that was sent has arrived: otherwise the end of a history is a matter of chance.
      await sameHistories(watches);
      await watches.create(random, bounds);
    }
    const compaction = index % CALLS_PER_COMPACTION === CALLS_PER_COMPACTION - 1;
    // etcd looks previous values up when it sends an event: they must be out before a compaction takes them away.
    if (compaction) await sameHistories(watches);
    const call = compaction ? randomCompaction(random, bounds) : randomCall(random, bounds);
    const answer = await compareCall(clients, call, `call ${index} with GOVERSE_SEED=${SEED}`);
    bounds = boundsAfter(bounds, call, answer);
  }
  await sameHistories(watches);
}

async function compareCall(
  [real, embedded]: readonly [Etcd3, Etcd3],
  call: RandomCall,
  where: string,
): Promise<unknown> {
  const [expected, actual] = await Promise.all([call.run(real), call.run(embedded)]);
  expect(actual, `${call.name} ${JSON.stringify(plain(call.request))}: ${where}`).toEqual(expected);
  return expected;
}

async function sameHistories(watches: WatchPair): Promise<void> {
  const same = (): boolean => {
    const [expected, actual] = watches.histories();
    return JSON.stringify(actual) === JSON.stringify(expected);
  };
  await vi.waitUntil(same, { timeout: ARRIVAL_TIMEOUT_MS, interval: 5 }).catch(() => {
    const [expected, actual] = watches.histories();
    expect(actual, `watch events with GOVERSE_SEED=${SEED}`).toEqual(expected);
  });
  watches.forget();
}

function boundsAfter(bounds: Bounds, call: RandomCall, answer: unknown): Bounds {
  if (typeof answer !== "object" || answer === null || !("header" in answer)) return bounds;
  const revision = Math.max(bounds.revision, Number((answer.header as { revision: string }).revision));
  if (call.name !== "compact") return { ...bounds, revision };
  return { revision, compactRevision: Number((call.request as { revision: string }).revision) };
}
