import { contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Note = contract("Note", {
  methods: { Add: { in: z.string(), out: z.array(z.string()) }, All: { out: z.array(z.string()), mode: "read" } },
});

interface Hooks {
  onActivate?: (id: string) => void | Promise<void>;
  onDeactivate?: (id: string) => void | Promise<void>;
  idleMs?: number;
}

function noteWith(hooks: Hooks, log: string[] = []): ReturnType<typeof implement> {
  const base = {
    state: (id: string) => {
      log.push(`state ${id}`);
      return [id];
    },
    methods: {
      Add: (ctx: { state: string[] }, text: string) => {
        ctx.state.push(text);
        return ctx.state;
      },
      All: (ctx: { state: readonly string[] }) => [...ctx.state],
    },
  };
  return implement(Note, {
    ...base,
    onActivate: (ctx) => {
      log.push(`activate ${ctx.type}/${ctx.id}`);
      return hooks.onActivate?.(ctx.id);
    },
    onDeactivate: (ctx) => {
      log.push(`deactivate ${ctx.id}`);
      return hooks.onDeactivate?.(ctx.id);
    },
    ...(hooks.idleMs === undefined ? {} : { idleMs: hooks.idleMs }),
  }) as ReturnType<typeof implement>;
}

describe("an object", () => {
  it("comes into memory with its first call, once", async () => {
    const log: string[] = [];
    const harness = new Harness({ implementations: [noteWith({}, log)] });
    const note = harness.object(Note, "n");
    expect(await note.Add("x")).toEqual(["n", "x"]);
    await note.All();
    expect(log).toEqual(["state n", "activate Note/n"]);
    expect([...harness.node.objects()]).toEqual([{ type: "Note", id: "n", activatedAtMs: harness.clock.wallMs() }]);
  });

  it("is activated once for concurrent first calls, reads included", async () => {
    const log: string[] = [];
    const gate = new Deferred();
    const harness = new Harness({ implementations: [noteWith({ onActivate: () => gate.promise }, log)] });
    const note = harness.object(Note, "n");
    const replies = [note.All(), note.All(), note.Add("x"), note.All()];
    await settle();
    expect([...harness.node.objects()]).toEqual([]);
    gate.resolve();
    expect(await Promise.all(replies)).toEqual([["n"], ["n"], ["n", "x"], ["n", "x"]]);
    expect(log).toEqual(["state n", "activate Note/n"]);
  });

  it("whose onActivate throws fails that call and is tried again by the next, with fresh state", async () => {
    const log: string[] = [];
    let attempts = 0;
    const onActivate = async (): Promise<void> => {
      attempts += 1;
      if (attempts === 1) throw new Error("the disk is full");
    };
    const harness = new Harness({ implementations: [noteWith({ onActivate }, log)] });
    const note = harness.object(Note, "n");
    const [first, second] = [note.Add("x"), note.Add("y")];
    const error = await failure(first);
    expect(error.code).toBe("INTERNAL");
    expect(error.message).not.toContain("disk");
    expect(harness.logged[0]?.fields["error"]).toContain("the disk is full");
    expect(await second).toEqual(["n", "y"]);
    expect(log).toEqual(["state n", "activate Note/n", "state n", "activate Note/n"]);
  });

  it("whose activation failed is not kept", async () => {
    const harness = new Harness({ implementations: [noteWith({ onActivate: () => Promise.reject(new Error("no")) })] });
    await failure(harness.object(Note, "n").All());
    expect([...harness.node.objects()]).toEqual([]);
    expect(await harness.metric("goverse_objects_total")).toEqual([]);
  });

  it("can be created before its first call, and creating it again is fine", async () => {
    const log: string[] = [];
    const harness = new Harness({ implementations: [noteWith({}, log)] });
    await Promise.all([1, 2].map(() => harness.node.create(harness.request("Note", "n"))));
    await harness.node.create(harness.request("Note", "n"));
    expect(log).toEqual(["state n", "activate Note/n"]);
    expect((await failure(harness.node.create(harness.request("Nothing", "n")))).code).toBe("UNKNOWN_TYPE");
  });

  it("is destroyed when its turn comes, and the call behind starts afresh", async () => {
    const log: string[] = [];
    const harness = new Harness({ implementations: [noteWith({}, log)] });
    const note = harness.object(Note, "n");
    const before = note.Add("x");
    const destroyed = harness.node.destroy(harness.request("Note", "n"));
    const after = note.All();
    expect(await before).toEqual(["n", "x"]);
    expect(await destroyed).toBe(true);
    expect(await after).toEqual(["n"]);
    expect(log).toEqual(["state n", "activate Note/n", "deactivate n", "state n", "activate Note/n"]);
  });

  it("that does not exist is not created by destroying it", async () => {
    const log: string[] = [];
    const harness = new Harness({ implementations: [noteWith({}, log)] });
    expect(await harness.node.destroy(harness.request("Note", "n"))).toBe(false);
    expect(log).toEqual([]);
    await harness.node.create(harness.request("Note", "n"));
    const both = [1, 2].map(() => harness.node.destroy(harness.request("Note", "n")));
    expect(await Promise.all(both)).toEqual([true, false]);
    expect([...harness.node.objects()]).toEqual([]);
  });

  it("whose onDeactivate throws or hangs is forgotten all the same, with a log line", async () => {
    const onDeactivate = (id: string): Promise<void> =>
      id === "throws" ? Promise.reject(new Error("no space")) : new Promise(() => {});
    const harness = new Harness({ implementations: [noteWith({ onDeactivate })], limits: { deactivateLimitMs: 500 } });
    for (const id of ["throws", "hangs"]) await harness.node.create(harness.request("Note", id));
    expect(await harness.node.destroy(harness.request("Note", "throws"))).toBe(true);
    const hanging = harness.node.destroy(harness.request("Note", "hangs"));
    await harness.clock.advance(500);
    expect(await hanging).toBe(true);
    expect([...harness.node.objects()]).toEqual([]);
    expect(harness.logged.map(({ fields }) => fields["error"])).toEqual([
      expect.stringContaining("no space"),
      "it takes longer than 500 ms",
    ]);
  });

  it("leaves memory when idle only if its type says so", async () => {
    const log: string[] = [];
    const harness = new Harness({ implementations: [noteWith({ idleMs: 1_000 }, log)] });
    const note = harness.object(Note, "n");
    await note.Add("x");
    await harness.clock.advance(900);
    await note.Add("y");
    await harness.clock.advance(900);
    expect(log).not.toContain("deactivate n");
    await harness.clock.advance(500);
    expect(log).toContain("deactivate n");
    expect([...harness.node.objects()]).toEqual([]);
    expect(harness.clock.pendingTimers).toBe(0);
    expect(await note.All()).toEqual(["n"]);

    const other = new Harness({ implementations: [noteWith({})] });
    await other.object(Note, "n").Add("x");
    await other.clock.advance(10_000_000);
    expect([...other.node.objects()]).toHaveLength(1);
  });

  it("is not idle while a turn runs", async () => {
    const gate = new Deferred();
    const Slow = contract("Slow", { methods: { Work: {} } });
    const slow = implement(Slow, { state: () => ({}), methods: { Work: () => gate.promise }, idleMs: 100 });
    const harness = new Harness({ implementations: [slow] });
    const reply = harness.object(Slow, "s").Work();
    await harness.clock.advance(5_000);
    expect([...harness.node.objects()]).toHaveLength(1);
    gate.resolve();
    await reply;
  });
});
