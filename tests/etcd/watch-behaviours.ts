import { expect } from "vitest";
import { type Corner, events, messages } from "./contract-target.ts";
import type { WatchMessage } from "./raw-client.ts";

const isCreated = (message: WatchMessage): boolean => message.created;
const isCanceled = (message: WatchMessage): boolean => message.canceled && !message.created;

/** Behaviours of watches. */
export const watchBehaviours: Readonly<Record<string, (corner: Corner) => Promise<void>>> = {
  "a watch on a prefix sees puts and deletions with previous values": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), prev_kv: true } });
    await messages(watch, 1, isCreated);
    await corner.put("a", "1");
    await corner.put("a", "2");
    await corner.delete("a");
    expect(await events(watch, 3)).toEqual(["put a=1", "put a=2 was 1", "delete a was 2"]);
  },

  "previous values are sent only when asked for": async (corner) => {
    await corner.put("a", "1");
    const watch = await corner.watch();
    watch.send({ create_request: corner.all() });
    await messages(watch, 1, isCreated);
    await corner.put("a", "2");
    expect(await events(watch, 1)).toEqual(["put a=2"]);
  },

  "a delete event carries its key and its revision": async (corner) => {
    const start = await corner.put("a", "1");
    const revision = await corner.delete("a");
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: start + 1 } });
    const [message] = await messages(watch, 1, ({ events }) => events.length > 0);
    expect(message?.events).toEqual([
      {
        type: "Delete",
        kv: {
          key: `${corner.folder}a`,
          value: "",
          create_revision: "0",
          version: "0",
          lease: "0",
          mod_revision: String(revision),
        },
        prev_kv: null,
      },
    ]);
  },

  "a watch that starts in the past replays from there": async (corner) => {
    await corner.put("a", "0");
    const start = await corner.put("a", "1");
    await corner.put("b", "1");
    await corner.delete("a");
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: start, prev_kv: true } });
    await messages(watch, 1, isCreated);
    await corner.put("c", "1");
    expect(await events(watch, 4)).toEqual(["put a=1 was 0", "put b=1", "delete a was 1", "put c=1"]);
  },

  "a watch that starts in the future waits for it": async (corner) => {
    const now = await corner.put("a", "0");
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: now + 3 } });
    await messages(watch, 1, isCreated);
    for (const value of ["1", "2", "3"]) await corner.put("a", value);
    expect(await events(watch, 1)).toEqual(["put a=3"]);
  },

  "the events of one transaction arrive in one message, at its revision": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: corner.all() });
    await messages(watch, 1, isCreated);
    const { header } = await corner.client.kv.txn({ success: [corner.putOp("a"), corner.putOp("b")] });
    const [message] = await messages(watch, 1, ({ events }) => events.length > 0);
    expect(message).toMatchObject({ header: { revision: header.revision }, events: { length: 2 } });
  },

  "filters leave out puts or deletions": async (corner) => {
    const start = await corner.put("a", "1");
    await corner.delete("a");
    await corner.put("a", "2");
    const [deletions, puts] = [await corner.watch(), await corner.watch()];
    const request = { ...corner.all(), start_revision: start };
    deletions.send({ create_request: { ...request, filters: ["Noput"] } });
    puts.send({ create_request: { ...request, filters: ["Nodelete"] } });
    expect(await events(puts, 2)).toEqual(["put a=1", "put a=2"]);
    expect(await events(deletions, 1)).toEqual(["delete a"]);
  },

  "one stream carries many watches, numbered by the stream or by the client": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: { key: corner.key("a") } });
    watch.send({ create_request: { key: corner.key("b"), watch_id: 7 } });
    watch.send({ create_request: { key: corner.key("b") } });
    expect((await messages(watch, 3, isCreated)).map(({ watch_id }) => watch_id)).toEqual(["0", "7", "1"]);
    await corner.put("a", "1");
    await corner.put("b", "1");
    const received = await messages(watch, 3, ({ events }) => events.length > 0);
    expect(received.map(({ watch_id }) => watch_id).toSorted()).toEqual(["0", "1", "7"]);
  },

  "a number that is taken, or an empty range, is refused with a reason": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: { key: corner.key("a"), watch_id: 7 } });
    watch.send({ create_request: { key: corner.key("a"), watch_id: 7 } });
    watch.send({ create_request: { key: corner.key("b"), range_end: corner.key("a") } });
    const [, taken, empty] = await messages(watch, 3, isCreated);
    expect(taken).toMatchObject({
      watch_id: "-1",
      created: true,
      canceled: true,
      cancel_reason: "mvcc: duplicate watch ID provided on the WatchStream",
    });
    expect(empty).toMatchObject({
      watch_id: "-1",
      created: true,
      canceled: true,
      cancel_reason: "mvcc: watcher range is empty",
    });
  },

  "a canceled watch says so and is silent from then on": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), watch_id: 1 } });
    watch.send({ create_request: { ...corner.all(), watch_id: 2 } });
    watch.send({ cancel_request: { watch_id: 404 } });
    watch.send({ cancel_request: { watch_id: 1 } });
    const [canceled] = await messages(watch, 1, isCanceled);
    expect(canceled).toMatchObject({ watch_id: "1", compact_revision: "0", cancel_reason: "", events: [] });
    await corner.put("a", "1");
    const [message] = await messages(watch, 1, ({ events }) => events.length > 0);
    expect(message?.watch_id).toBe("2");
  },

  "a progress request is answered with the revision everything was sent up to": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: corner.all() });
    await messages(watch, 1, isCreated);
    const revision = await corner.put("a", "1");
    await events(watch, 1);
    watch.send({ progress_request: {} });
    const [progress] = await messages(watch, 1, ({ watch_id }) => watch_id === "-1");
    expect(progress).toMatchObject({ header: { revision: String(revision) }, created: false, events: [] });
  },

  "a watch that starts before a compaction is canceled with the compact revision": async (corner) => {
    const first = await corner.put("a", "1");
    await corner.put("a", "2");
    const third = await corner.put("a", "3");
    await corner.client.kv.compact({ revision: third, physical: true });
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: first, watch_id: 1 } });
    const [created] = await messages(watch, 1, isCreated);
    expect(created).toMatchObject({ watch_id: "1", canceled: false });
    const [canceled] = await messages(watch, 1, isCanceled);
    expect(canceled).toMatchObject({
      watch_id: "1",
      compact_revision: String(third),
      events: [],
      cancel_reason: "",
      header: { revision: "0" },
    });
  },

  "a watch ended by a compaction keeps its number until the client cancels it": async (corner) => {
    const first = await corner.put("a", "1");
    const second = await corner.put("a", "2");
    await corner.client.kv.compact({ revision: second, physical: true });
    const watch = await corner.watch();
    const request = { ...corner.all(), start_revision: first, watch_id: 1 };
    watch.send({ create_request: request });
    await messages(watch, 1, isCanceled);
    watch.send({ create_request: request });
    const [, refused] = await messages(watch, 2, isCreated);
    expect(refused).toMatchObject({ watch_id: "-1", canceled: true });
    watch.send({ cancel_request: { watch_id: 1 } });
    const [, canceled] = await messages(watch, 2, isCanceled);
    expect(canceled).toMatchObject({ watch_id: "1", compact_revision: "0" });
    watch.send({ create_request: request });
    const [, , accepted] = await messages(watch, 3, isCreated);
    expect(accepted).toMatchObject({ watch_id: "1", canceled: false });
  },

  "a watch that starts at the compacted revision gets what is left of it": async (corner) => {
    await corner.put("a", "1");
    const last = await corner.put("a", "2");
    await corner.client.kv.compact({ revision: last, physical: true });
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: last, prev_kv: true } });
    expect(await events(watch, 1)).toEqual(["put a=2"]);
  },

  "a live watch does not notice a compaction": async (corner) => {
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), prev_kv: true } });
    await messages(watch, 1, isCreated);
    const revision = await corner.put("a", "1");
    await events(watch, 1);
    await corner.client.kv.compact({ revision, physical: true });
    await corner.put("a", "2");
    expect(await events(watch, 2)).toEqual(["put a=1", "put a=2 was 1"]);
  },
};
