import { contract, type GoverseError, implement } from "@goverse/core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Thing = contract("Thing", {
  methods: { Work: { in: z.string(), out: z.number() }, Ask: { in: z.string() }, Ping: {}, Stuck: {} },
  events: { done: z.string() },
});

let gates = new Map<string, Deferred>();
let log: string[] = [];
let deactivation: Promise<void> | undefined;

const thing = implement(Thing, {
  state: () => ({ turns: 0 }),
  onDeactivate: async (ctx) => {
    log.push(`deactivate ${ctx.id}`);
    await deactivation;
  },
  methods: {
    async Work(ctx, name) {
      ctx.push("client", "done", name);
      ctx.signal.addEventListener("abort", () => log.push(`abort ${(ctx.signal.reason as GoverseError).code}`));
      await gateOf(name).promise;
      ctx.state.turns += 1;
      return ctx.state.turns;
    },
    async Ask(ctx, other) {
      await gateOf("ask").promise;
      await ctx.object(Thing, other).Ping();
    },
    Ping: (ctx) => void log.push(`ping ${ctx.id}`),
    Stuck: () => new Promise<void>(() => {}),
  },
});

function gateOf(name: string): Deferred {
  let gate = gates.get(name);
  if (gate === undefined) {
    gate = new Deferred();
    gates.set(name, gate);
  }
  return gate;
}

const A = "shard#1/a";
const B = "shard#1/b";
const C = "shard#2/c";

let harness = new Harness();
beforeEach(() => {
  gates = new Map();
  log = [];
  deactivation = undefined;
  harness = new Harness({ implementations: [thing] });
});
const inMemory = (): string[] => [...harness.node.objects()].map(({ id }) => id).sort();
const coldStarts = async (reason: string): Promise<number> => {
  const lines = await harness.metric(`goverse_objects_started_cold_total{object_type="Thing",reason="${reason}"}`);
  return Number(lines[0]?.split(" ").at(-1));
};

describe("draining shards", () => {
  it("lets running turns finish, bounces waiting and new calls, deactivates, and touches no other shard", async () => {
    await harness.object(Thing, C).Ping();
    const running = harness.object(Thing, A).Work("w");
    const waiting = failure(harness.object(Thing, A).Ping());
    await settle();
    const drained = harness.node.holder.drain([1, 3]);
    expect((await waiting).code).toBe("NOT_OWNER");
    expect((await failure(harness.object(Thing, B).Ping())).code).toBe("NOT_OWNER");
    await harness.object(Thing, C).Ping();
    expect(log).not.toContain(`deactivate ${A}`);
    gateOf("w").resolve();
    expect(await running).toBe(1);
    await drained;
    expect(harness.pushed).toHaveLength(1);
    expect(log).toContain(`deactivate ${A}`);
    expect(inMemory()).toEqual([C]);
    expect(await coldStarts("moved")).toBe(1);
    expect(harness.logged.at(-1)).toMatchObject({ level: "info", fields: { objects: 1 } });
    expect((await failure(harness.object(Thing, A).Ping())).code).toBe("NOT_OWNER");
    harness.node.holder.undrain([1]);
    await harness.object(Thing, A).Ping();
  });

  it("without objects resolves at once", async () => {
    await harness.node.holder.drain([1, 2, 3]);
    expect(harness.logged).toEqual([]);
  });

  it("lets in calls that a turn running there waits for", async () => {
    const running = harness.object(Thing, A).Ask(B);
    await settle();
    const drained = harness.node.holder.drain([1]);
    await settle();
    expect((await failure(harness.object(Thing, B).Ping())).code).toBe("NOT_OWNER");
    gateOf("ask").resolve();
    await running;
    await drained;
    expect(log).toEqual([`ping ${B}`, `deactivate ${A}`, `deactivate ${B}`]);
  });

  it("keeps a waiting call that a turn running there waits for", async () => {
    const holding = harness.object(Thing, B).Work("w");
    const asking = harness.object(Thing, A).Ask(B);
    gateOf("ask").resolve();
    await settle();
    const drained = harness.node.holder.drain([1]);
    gateOf("w").resolve();
    await Promise.all([holding, asking, drained]);
    expect(log).toContain(`ping ${B}`);
  });

  it("gives up when a turn does not end, and admits calls again", async () => {
    void harness
      .object(Thing, A)
      .Stuck()
      .catch(() => {});
    await settle();
    const drained = failure(harness.node.holder.drain([1]));
    await harness.clock.advance(1_900);
    expect((await failure(harness.object(Thing, B).Ping())).code).toBe("NOT_OWNER");
    await harness.clock.advance(200);
    expect((await drained).message).toContain("still run in the 1 shards after 2000 ms");
    await harness.object(Thing, B).Ping();
    expect(inMemory()).toEqual([A, B]);
    expect(await coldStarts("moved")).toBe(0);
  });

  it("waits for a turn whose caller has been answered: it still runs", async () => {
    const late = failure(harness.object(Thing, A).Work("w", { timeoutMs: 100 }));
    await harness.clock.advance(200);
    await late;
    let done = false;
    const drained = harness.node.holder.drain([1]).then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    gateOf("w").resolve();
    await drained;
  });

  it("can be called off while turns run, and while objects are deactivated", async () => {
    const running = harness.object(Thing, A).Work("w");
    await settle();
    const first = failure(harness.node.holder.drain([1]));
    harness.node.holder.undrain([1]);
    expect((await first).message).toContain("called off");
    gateOf("w").resolve();
    await running;

    const gate = new Deferred();
    deactivation = gate.promise;
    const second = failure(harness.node.holder.drain([1]));
    await settle();
    harness.node.holder.undrain([1]);
    const ping = harness.object(Thing, A).Ping();
    gate.resolve();
    await ping;
    expect((await second).message).toContain("called off");
    expect(inMemory()).toEqual([A]);
  });
});

describe("deactivating many objects", () => {
  it("goes a bounded number at a time, and stops when the move is called off", async () => {
    for (let i = 0; i < 100; i += 1) await harness.object(Thing, `shard#1/${i}`).Ping();
    log = [];
    const gate = new Deferred();
    deactivation = gate.promise;
    const drained = failure(harness.node.holder.drain([1]));
    await settle();
    expect(log).toHaveLength(64);
    harness.node.holder.undrain([1]);
    gate.resolve();
    await drained;
    expect(inMemory()).toHaveLength(36);
  });
});

describe("dropping shards", () => {
  it("forgets objects at once, without onDeactivate", async () => {
    await harness.object(Thing, A).Ping();
    await harness.object(Thing, C).Ping();
    harness.node.holder.drop([1]);
    expect(inMemory()).toEqual([C]);
    expect(log).not.toContain(`deactivate ${A}`);
    expect(await coldStarts("lost")).toBe(1);
  });

  it("aborts running turns, discards what they send, and answers who waits", async () => {
    const running = failure(harness.object(Thing, A).Work("w"));
    const waiting = failure(harness.object(Thing, A).Ping());
    await settle();
    harness.node.holder.drop("all");
    expect((await running).code).toBe("UNKNOWN_OUTCOME");
    expect((await waiting).code).toBe("NOT_OWNER");
    expect(log).toEqual(["abort UNKNOWN_OUTCOME"]);
    // Owned again before the old turn has ended: it starts afresh beside it.
    const again = harness.object(Thing, A).Work("y");
    gateOf("y").resolve();
    expect(await again).toBe(1);
    gateOf("w").resolve();
    await settle();
    expect(harness.pushed).toHaveLength(1);
    expect(inMemory()).toEqual([A]);
  });

  it("ends a drain of them", async () => {
    void harness
      .object(Thing, A)
      .Stuck()
      .catch(() => {});
    await settle();
    const drained = failure(harness.node.holder.drain([1]));
    harness.node.holder.drop("all");
    expect((await drained).message).toContain("called off");
    await harness.object(Thing, A).Ping();
  });

  it("does not run what was being activated", async () => {
    const Slow = contract("Slow", { methods: { Work: {} } });
    const activation = new Deferred();
    harness.node.register(
      implement(Slow, {
        state: () => ({}),
        onActivate: () => activation.promise,
        methods: { Work: () => void log.push("worked") },
      }),
    );
    const reply = failure(harness.object(Slow, A).Work());
    await settle();
    harness.node.holder.drop([1]);
    expect((await reply).code).toBe("NOT_OWNER");
    activation.resolve();
    await settle();
    expect(log).toEqual([]);
    expect(inMemory()).toEqual([]);
    expect(await harness.metric("goverse_objects_total")).toEqual([]);
  });
});

describe("stopping", () => {
  const deadline = (ms: number): number => harness.clock.monotonicMs() + ms;

  it("refuses new calls, bounces waiting ones, lets running turns finish and deactivates everything", async () => {
    await harness.object(Thing, C).Ping();
    const running = harness.object(Thing, A).Work("w");
    const waiting = failure(harness.object(Thing, A).Ping());
    await settle();
    const stopped = harness.node.stop(deadline(5_000));
    expect((await waiting).notStarted).toBe(true);
    expect((await failure(harness.object(Thing, C).Ping())).code).toBe("UNAVAILABLE");
    expect((await failure(harness.node.create(harness.request("Thing", C)))).code).toBe("UNAVAILABLE");
    gateOf("w").resolve();
    await running;
    await stopped;
    expect(log.sort()).toEqual([`deactivate ${A}`, `deactivate ${C}`, `ping ${C}`].sort());
    expect(inMemory()).toEqual([]);
    expect(await coldStarts("stopped")).toBe(2);
    await harness.clock.advance(100);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it("lets a running turn still call other objects", async () => {
    const running = harness.object(Thing, A).Ask(C);
    await settle();
    const stopped = harness.node.stop(deadline(5_000));
    gateOf("ask").resolve();
    await running;
    await stopped;
    expect(log).toContain(`ping ${C}`);
  });

  it("abandons turns that do not end in time", async () => {
    const running = failure(harness.object(Thing, A).Stuck());
    await harness.object(Thing, C).Ping();
    const stopped = harness.node.stop(deadline(1_000));
    await harness.clock.advance(1_000);
    expect((await running).code).toBe("UNKNOWN_OUTCOME");
    await stopped;
    expect(log).toEqual([`ping ${C}`, `deactivate ${C}`]);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it("lets nothing in any more that comes from an abandoned turn", async () => {
    const running = failure(harness.object(Thing, A).Ask(C));
    await settle();
    const stopped = harness.node.stop(deadline(0));
    await harness.clock.advance(10);
    await Promise.all([running, stopped]);
    gateOf("ask").resolve();
    await settle();
    const chain = ["42:1@Thing/shard#1/a"];
    expect((await failure(harness.object(Thing, C, { chain }).Ping())).code).toBe("UNAVAILABLE");
    expect(log).toEqual([]);
  });

  it("twice is stopping once", () => {
    expect(harness.node.stop(deadline(1_000))).toBe(harness.node.stop(deadline(1)));
  });
});
