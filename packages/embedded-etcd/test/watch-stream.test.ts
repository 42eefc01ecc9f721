import { beforeEach, describe, expect, test } from "vitest";
import { EtcdStore, type WatchResponse, type WatchStream } from "../src/index.ts";

const REST = { key: "\0", rangeEnd: "\0" };

let store: EtcdStore;
let sink: { full: boolean; readonly sent: WatchResponse[]; send(response: WatchResponse): void };
let stream: WatchStream;

beforeEach(() => {
  store = new EtcdStore({ nowMs: () => 0, maxHistoryEvents: 20 });
  sink = { full: false, sent: [], send: (response) => void sink.sent.push(response) };
  stream = store.openWatchStream(sink);
});

const eventTexts = (): string[] =>
  sink.sent.flatMap(({ events }) => events.map(({ type, kv }) => `${type} ${kv.key}${kv.value}@${kv.modRevision}`));

describe("a client that reads too slowly", () => {
  test("is kept waiting, and then gets everything it missed in order", () => {
    stream.create(REST);
    store.put({ key: "a", value: "1" });
    sink.full = true;
    store.put({ key: "a", value: "2" });
    store.deleteRange({ key: "a" });
    expect(eventTexts()).toEqual(["put a1@2"]);
    sink.full = false;
    store.put({ key: "a", value: "3" });
    expect(eventTexts()).toEqual(["put a1@2"]);
    stream.resume();
    expect(eventTexts()).toEqual(["put a1@2", "put a2@3", "delete a@4", "put a3@5"]);
    store.put({ key: "a", value: "4" });
    expect(eventTexts()).toHaveLength(5);
  });

  test("is told when the history it needs is gone", () => {
    stream.create(REST);
    sink.full = true;
    for (let value = 0; value < 30; value++) store.put({ key: "a", value: String(value) });
    sink.full = false;
    stream.resume();
    expect(eventTexts()).toEqual([]);
    expect(sink.sent.at(-1)).toMatchObject({ watchId: 0n, canceled: true, compactRevision: store.compactRevision });
  });

  test("hears progress only when nothing is missing", () => {
    stream.create(REST);
    sink.full = true;
    store.put({ key: "a" });
    stream.requestProgress();
    expect(sink.sent).toHaveLength(1);
    sink.full = false;
    stream.resume();
    expect(sink.sent.slice(1)).toMatchObject([
      { watchId: 0n, events: { length: 1 } },
      { watchId: -1n, revision: 2, events: [] },
    ]);
  });
});

describe("progress at an interval", () => {
  test("goes to watches that asked for it and saw nothing in between", () => {
    stream.create({ ...REST, progressNotify: true });
    stream.create(REST);
    store.tickProgress();
    store.tickProgress();
    expect(sink.sent.slice(2)).toMatchObject([{ watchId: 0n, revision: 1, events: [] }]);
    store.put({ key: "a" });
    sink.sent.splice(0);
    store.tickProgress();
    expect(sink.sent).toEqual([]);
    store.tickProgress();
    expect(sink.sent).toMatchObject([{ watchId: 0n, revision: 2, events: [] }]);
  });
});

describe("a replay", () => {
  test("is cut at 1000 revisions, never inside one", () => {
    store = new EtcdStore({ nowMs: () => 0 });
    stream = store.openWatchStream(sink);
    for (let value = 0; value < 2500; value++) store.put({ key: "a", value: String(value) });
    stream.create({ ...REST, startRevision: 2 });
    expect(sink.sent.slice(1).map(({ events }) => events.length)).toEqual([1000, 1000, 500]);
  });

  test("is cut when a message gets large", () => {
    store = new EtcdStore({ nowMs: () => 0 });
    stream = store.openWatchStream(sink);
    const value = "x".repeat(1024 * 1024);
    for (let index = 0; index < 7; index++) store.put({ key: "a", value });
    stream.create({ ...REST, startRevision: 2 });
    expect(sink.sent.slice(1).map(({ events }) => events.length)).toEqual([2, 2, 2, 1]);
  });
});

test("a closed stream hears nothing more", () => {
  stream.create(REST);
  stream.close();
  store.put({ key: "a" });
  expect(sink.sent).toHaveLength(1);
});
