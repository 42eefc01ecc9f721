import { describe, expect, test, vi } from "vitest";
import { QueueWaitTable, TaskRegistry } from "../src/index.ts";
import { parseThreadStat } from "../src/threads/thread-profile.ts";
import { decodeAnswer, startService } from "./support/service.ts";

const off = { heap: false, stalls: false } as const;

describe("goroutine: work in flight", () => {
  test("shows each kind with its state and age, and nothing that has ended", async () => {
    let nowMs = 0;
    const tasks = new TaskRegistry({ monotonicMs: () => nowMs });
    const clock = { monotonicMs: () => nowMs, wallMs: () => 0, setTimer: () => ({ cancel: () => undefined }) };
    tasks.begin({
      kind: "object turns",
      name: "ChatRoom.SendMessage",
      state: "queued",
      labels: { object_type: "ChatRoom" },
    });
    nowMs = 5000;
    const turn = tasks.begin({ kind: "object turns", name: "ChatRoom.SendMessage" });
    tasks.end(tasks.begin({ kind: "streams", name: "Events" }));
    turn.state = "waiting";
    const service = await startService({ ...off, tasks, clock });
    const profile = await decodeAnswer(await service.get("/goroutine"));
    const text = await (await service.get("/goroutine?debug=2")).text();
    await service.stop();

    const ours = profile.samples.filter(({ names }) => names.includes("work in flight"));
    expect(ours).toMatchObject([
      {
        names: ["ChatRoom.SendMessage", "object turns", "work in flight"],
        values: [1],
        labels: { state: "queued", age: "1s to 10s", object_type: "ChatRoom" },
      },
      { values: [1], labels: { state: "waiting", age: "under 1s" } },
    ]);
    expect(profile.sum("goroutine", /active handles/)).toBeGreaterThan(0);
    expect(text).toContain("task 1 [queued, 5000 ms, object_type=ChatRoom]:\nChatRoom.SendMessage\n\tobject turns");
  });

  test("a picked task shows who began it", async () => {
    const tasks = new TaskRegistry({ stackEvery: 2 });
    function beginInHere(): void {
      tasks.begin({ kind: "timers", name: "Reminder" });
    }
    beginInHere();
    beginInHere();
    const service = await startService({ ...off, tasks });
    const profile = await decodeAnswer(await service.get("/goroutine"));
    await service.stop();
    expect(profile.sum("goroutine", /Reminder/)).toBe(2);
    expect(profile.sum("goroutine", /runtime-profiles\.test\.beginInHere$/, "leaf")).toBe(1);
  });

  test("several registries of one process are shown together", async () => {
    const [gate, node] = [new TaskRegistry(), new TaskRegistry()];
    gate.begin({ kind: "gate requests", name: "GET /a" });
    node.begin({ kind: "object turns", name: "A.b" });
    const service = await startService({ ...off, tasks: [gate, node] });
    const profile = await decodeAnswer(await service.get("/goroutine"));
    await service.stop();
    expect([profile.sum("goroutine", /gate requests/), profile.sum("goroutine", /object turns/)]).toEqual([1, 1]);
  });

  test("a piece of work that fails is not left behind", async () => {
    const tasks = new TaskRegistry();
    const failing = tasks.run({ kind: "object turns", name: "A.b" }, () => Promise.reject(new Error("no")));
    expect([...tasks.tasks()]).toHaveLength(1);
    await expect(failing).rejects.toThrow("no");
    expect([...tasks.tasks()]).toEqual([]);
  });
});

describe("mutex: waiting in queues", () => {
  test("is charged to the holder, and only grows", async () => {
    const queueWaits = new QueueWaitTable();
    const wait = { queue: "ChatRoom", holder: "LoadHistory", waiter: "SendMessage" };
    queueWaits.record(wait, 5_000_000);
    queueWaits.record(wait, 7_000_000);
    queueWaits.record({ ...wait, holder: "Leave" }, 1_000_000);
    const service = await startService({ ...off, queueWaits });
    const before = await decodeAnswer(await service.get("/mutex"));
    const asked = vi.spyOn(queueWaits, "waits");
    const delta = service.get("/mutex?seconds=1");
    await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(0);
    queueWaits.record(wait, 3_000_000);
    const after = await decodeAnswer(await service.get("/mutex"));
    const added = await decodeAnswer(await delta);
    await service.stop();

    expect(before.types).toEqual(["contentions/count", "delay/nanoseconds"]);
    expect(before.samples[0]).toEqual({
      names: ["ChatRoom.LoadHistory (holder)", "ChatRoom.SendMessage (waiting)", "ChatRoom queue"],
      files: ["", "", ""],
      values: [2, 12_000_000],
      labels: { object_type: "ChatRoom" },
    });
    expect(after.sum("delay")).toBe(before.sum("delay") + 3_000_000);
    expect(added.sum("delay")).toBe(3_000_000);
  });

  test("a flood of names does not fill the memory", () => {
    const table = new QueueWaitTable();
    for (let i = 0; i < 20_000; i += 1) table.record({ queue: `Type${i}`, holder: "a", waiter: "b" }, 1);
    const rows = [...table.waits()];
    expect(rows.length).toBeLessThan(10_100);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });
});

describe("threadcreate: threads of the system", () => {
  test("has every thread with its CPU time", async () => {
    const service = await startService(off);
    const profile = await decodeAnswer(await service.get("/threadcreate"));
    await service.stop();
    expect(profile.types).toEqual(["threadcreate/count", "cpu/nanoseconds"]);
    expect(profile.sum("threadcreate")).toBeGreaterThan(1);
    expect(profile.sum("cpu")).toBeGreaterThan(0);
  });

  test("names may contain what separates the fields", () => {
    const stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 300 40 0 0";
    expect(parseThreadStat(42, stat)).toEqual({ id: 42, name: "a) b", cpuNs: 3_400_000_000 });
  });
});

test("profiles that are off, or not connected, are empty and valid", async () => {
  const service = await startService(off);
  for (const name of ["heap", "allocs", "block", "mutex"]) {
    const profile = await decodeAnswer(await service.get(`/${name}`));
    expect([name, profile.samples]).toEqual([name, []]);
    expect(profile.comments.join()).toMatch(/off|connected/);
  }
  const raw = await service.get("/heap?format=heapprofile");
  expect(await raw.json()).toMatchObject({ head: { children: [] }, samples: [] });
  await service.stop();
});

test("in a delta, what has gone away is negative", async () => {
  const tasks = new TaskRegistry();
  const open = ["A.a", "A.b", "A.c"].map((name) => tasks.begin({ kind: "object turns", name }));
  const service = await startService({ ...off, tasks });
  const asked = vi.spyOn(tasks, "tasks");
  const delta = service.get("/goroutine?seconds=1");
  await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(0);
  for (const task of open.slice(1)) tasks.end(task);
  const profile = await decodeAnswer(await delta);
  await service.stop();
  expect([profile.sum("goroutine", /A\.a/), profile.sum("goroutine", /A\.[bc]/)]).toEqual([0, -2]);
});
