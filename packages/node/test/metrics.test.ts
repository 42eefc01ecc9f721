import { contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Work = contract("Work", { methods: { Do: { in: z.enum(["ok", "throw", "wait"]) } } });

function working(): { harness: Harness; gate: Deferred } {
  const gate = new Deferred();
  const implementation = implement(Work, {
    state: () => ({}),
    methods: {
      Do: async (_ctx, what) => {
        if (what === "throw") throw new Error("on purpose");
        if (what === "wait") await gate.promise;
      },
    },
  });
  return { harness: new Harness({ implementations: [implementation], limits: { mailboxCapacity: 1 } }), gate };
}

const calls = async (harness: Harness): Promise<Record<string, number>> => {
  const lines = await harness.metric('goverse_method_calls_total{object_type="Work",method_name="Do"');
  return Object.fromEntries(
    lines.map((line) => [/status="(\w+)"/.exec(line)?.[1] ?? "", Number(line.split(" ").at(-1))]),
  );
};
const value = async (harness: Harness, name: string): Promise<number> =>
  Number((await harness.metric(name))[0]?.split(" ").at(-1));

describe("metrics", () => {
  it("count each call once, at 0 from registration", async () => {
    const { harness } = working();
    expect(await calls(harness)).toEqual({ success: 0, failure: 0 });
    const object = harness.object(Work, "w");
    for (let i = 0; i < 93; i += 1) await object.Do("ok");
    for (let i = 0; i < 7; i += 1) await failure(object.Do("throw"));
    expect(await calls(harness)).toEqual({ success: 93, failure: 7 });
    const count = 'goverse_method_call_duration_count{object_type="Work",method_name="Do",status=';
    expect(await value(harness, `${count}"success"`)).toBe(93);
    expect(await value(harness, `${count}"failure"`)).toBe(7);
  });

  it("time the execution with activation, and the wait apart from it", async () => {
    const Slow = contract("Slow", { methods: { Do: {} } });
    const harness = new Harness();
    const activation = new Deferred();
    const gates = [new Deferred(), new Deferred()];
    let turn = 0;
    harness.node.register(
      implement(Slow, {
        state: () => ({}),
        onActivate: () => activation.promise,
        methods: {
          Do: async () => {
            const gate = gates[turn];
            turn += 1;
            await gate?.promise;
          },
        },
      }),
    );
    const object = harness.object(Slow, "s");
    const replies = [object.Do(), object.Do()];
    await harness.clock.advance(1_000);
    activation.resolve();
    await settle();
    await harness.clock.advance(2_000);
    gates[0]?.resolve();
    await settle();
    await harness.clock.advance(500);
    gates[1]?.resolve();
    await Promise.all(replies);
    const labels = '{object_type="Slow",method_name="Do"';
    expect(await value(harness, `goverse_method_call_duration_sum${labels},status="success"}`)).toBe(3.5);
    expect(await value(harness, `goverse_method_queue_wait_seconds_sum${labels}`)).toBe(3);
    expect(await value(harness, `goverse_method_queue_wait_seconds_count${labels}`)).toBe(2);
  });

  it("count a full mailbox, an expired deadline and bad input as failures", async () => {
    const { harness, gate } = working();
    const object = harness.object(Work, "w");
    const running = failure(object.Do("wait", { timeoutMs: 200 }));
    const waiting = failure(object.Do("ok", { timeoutMs: 100 }));
    await settle();
    expect((await failure(object.Do("ok"))).code).toBe("MAILBOX_FULL");
    expect(await calls(harness)).toEqual({ success: 0, failure: 1 });
    await harness.clock.advance(300);
    expect((await running).code).toBe("DEADLINE_EXCEEDED");
    expect((await waiting).code).toBe("DEADLINE_EXCEEDED");
    expect(await calls(harness)).toEqual({ success: 0, failure: 3 });
    await failure(harness.node.invoke(harness.invocation("Work", "w", "Do")));
    expect(await calls(harness)).toEqual({ success: 0, failure: 4 });
    gate.resolve();
    await settle();
    expect(await calls(harness)).toEqual({ success: 0, failure: 4 });
  });

  it("do not count what was not started", async () => {
    const { harness } = working();
    harness.epochOf = () => undefined;
    await failure(harness.object(Work, "w").Do("ok"));
    expect(await calls(harness)).toEqual({ success: 0, failure: 0 });
  });

  it("know no names that callers made up", async () => {
    const { harness } = working();
    await failure(harness.node.invoke(harness.invocation('Evil"}\n', "w", "Do")));
    await failure(harness.node.invoke(harness.invocation("Work", "w", "Evil")));
    const lines = await harness.metric("goverse_method_calls_total");
    expect(lines.some((line) => line.includes("Evil"))).toBe(false);
    expect(lines.filter((line) => line.includes("_unknown") && line.endsWith(" 1"))).toHaveLength(2);
  });

  it("count objects per type and shard as they come and go", async () => {
    const { harness } = working();
    const objects = (): Promise<string[]> => harness.metric("goverse_objects_total");
    await harness.node.create(harness.request("Work", "shard#5/a"));
    await harness.node.create(harness.request("Work", "shard#5/b"));
    await harness.node.create(harness.request("Work", "localhost:47000/c"));
    expect(await objects()).toEqual([
      'goverse_objects_total{type="Work",shard="5"} 2',
      'goverse_objects_total{type="Work",shard="none"} 1',
    ]);
    await harness.node.destroy(harness.request("Work", "shard#5/a"));
    harness.node.holder.drop("all");
    expect(await objects()).toEqual([
      'goverse_objects_total{type="Work",shard="5"} 0',
      'goverse_objects_total{type="Work",shard="none"} 0',
    ]);
  });

  it("do not count creating and destroying as calls", async () => {
    const { harness } = working();
    await harness.node.create(harness.request("Work", "w"));
    await harness.node.destroy(harness.request("Work", "w"));
    expect(await calls(harness)).toEqual({ success: 0, failure: 0 });
    expect((await harness.metric("goverse_method_calls_total")).some((line) => line.includes("create"))).toBe(false);
  });
});
