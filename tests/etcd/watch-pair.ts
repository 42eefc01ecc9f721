import type { Etcd3, IWatchCreateRequest } from "etcd3";
import { vi } from "vitest";
import type { Random } from "./random.ts";
import { type Bounds, RandomRequests } from "./random-requests.ts";
import { type RecordedWatch, recordWatch, type WatchMessage } from "./raw-client.ts";

/** Watches open at a time; the oldest is canceled for a new one. */
const MAX_OPEN_WATCHES = 8;

const ANSWER_TIMEOUT_MS = 10_000;

type Histories = Readonly<Record<string, readonly unknown[]>>;

/** The same watches on two servers. */
export interface WatchPair {
  /**
   * Starts one more watch on both, at a random place and with random wishes, and waits for the answers: calls and watches travel
   * on different streams, so a call sent meanwhile might overtake. To be called right after `forget`.
   */
  create(random: Random, bounds: Bounds): Promise<void>;
  /** What each server sent since the last `forget`, without the borders between messages, which are a matter of speed. */
  histories(): readonly [Histories, Histories];
  /** Drops what has been compared. */
  forget(): void;
  /** Events received from the first server. */
  eventCount(): number;
  close(): void;
}

/** Opens one stream on each client. */
export async function openWatchPair(first: Etcd3, second: Etcd3): Promise<WatchPair> {
  const streams: readonly [RecordedWatch, RecordedWatch] = [await recordWatch(first), await recordWatch(second)];
  const both = (act: (stream: RecordedWatch) => void): void => streams.forEach((stream) => act(stream));
  let nextId = 1;
  let forgotten = 0;
  const pending = (): number => streams[0].messages.reduce((sum, message) => sum + message.events.length, 0);
  return {
    create: async (random, bounds) => {
      const request = randomWatch(random, bounds, nextId);
      const oldest = nextId - MAX_OPEN_WATCHES;
      nextId++;
      if (oldest > 1) both((stream) => stream.send({ cancel_request: { watch_id: oldest } }));
      both((stream) => stream.send({ create_request: request }));
      await vi.waitUntil(() => streams.every(({ messages }) => messages.some(({ created }) => created)), {
        timeout: ANSWER_TIMEOUT_MS,
        interval: 2,
      });
    },
    histories: () => [historyOf(streams[0].messages), historyOf(streams[1].messages)],
    forget: () => {
      forgotten += pending();
      both((stream) => stream.forget());
    },
    eventCount: () => forgotten + pending(),
    close: () => both((stream) => stream.close()),
  };
}

function randomWatch(random: Random, bounds: Bounds, id: number): IWatchCreateRequest {
  const request: IWatchCreateRequest = { watch_id: id, prev_kv: random.oneIn(2), key: Buffer.from("/k/") };
  if (random.oneIn(3)) request.key = new RandomRequests(random).key();
  else request.range_end = Buffer.from(random.oneIn(3) ? "\0" : "/k0");
  if (random.oneIn(2)) request.start_revision = Math.max(bounds.compactRevision - 1, 1) + random.below(60);
  // Often enough just before, at or after the last compaction: there the rules change.
  if (random.oneIn(4)) request.start_revision = Math.max(bounds.compactRevision - 1 + random.below(3), 1);
  if (random.oneIn(4)) request.filters = [random.pick(["Noput", "Nodelete"] as const)];
  // Now and then a range that is empty, or a number that is taken.
  if (random.oneIn(10)) request.range_end = Buffer.from("/a");
  if (random.oneIn(10)) request.watch_id = 1;
  return request;
}

function historyOf(messages: readonly WatchMessage[]): Histories {
  const byWatch: Record<string, unknown[]> = {};
  for (const { watch_id, events, created, canceled, compact_revision, cancel_reason } of messages) {
    const history = (byWatch[watch_id] ??= []);
    if (created || canceled) history.push({ created, canceled, compact_revision, cancel_reason });
    history.push(...events);
  }
  return byWatch;
}
