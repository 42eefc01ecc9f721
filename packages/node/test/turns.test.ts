import { contract, implement } from "@goverse/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, failure, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Desk = contract("Desk", {
  methods: {
    Write: { in: z.string() },
    Read: { in: z.string(), mode: "read" },
    Quick: { in: z.number() },
  },
});

function desk(): {
  implementation: ReturnType<typeof implement>;
  log: string[];
  finish: (name: string) => Promise<void>;
} {
  const log: string[] = [];
  const gates = new Map<string, Deferred>();
  const work = async (name: string): Promise<void> => {
    log.push(`+${name}`);
    const gate = new Deferred();
    gates.set(name, gate);
    await gate.promise;
    log.push(`-${name}`);
  };
  const implementation = implement(Desk, {
    state: () => ({}),
    methods: {
      Write: (_ctx, name) => work(name),
      Read: (_ctx, name) => work(name),
      Quick: (_ctx, n) => void log.push(String(n)),
    },
  }) as ReturnType<typeof implement>;
  const finish = async (name: string): Promise<void> => {
    await settle();
    gates.get(name)?.resolve();
    await settle();
  };
  return { implementation, log, finish };
}

describe("turns", () => {
  it("of one object run one at a time in order of arrival; other objects do not wait", async () => {
    const { implementation, log, finish } = desk();
    const harness = new Harness({ implementations: [implementation] });
    const object = harness.object(Desk, "d");
    const replies = ["a", "b", "c"].map((name) => object.Write(name));
    replies.push(harness.object(Desk, "other").Write("x"));
    await settle();
    expect(log).toEqual(["+a", "+x"]);
    for (const name of ["x", "a", "b", "c"]) await finish(name);
    await Promise.all(replies);
    expect(log).toEqual(["+a", "+x", "-x", "-a", "+b", "-b", "+c", "-c"]);
  });

  it("that read run together, never with an exclusive one, and do not overtake it", async () => {
    const { implementation, log, finish } = desk();
    const harness = new Harness({ implementations: [implementation] });
    const object = harness.object(Desk, "d");
    const replies = [object.Read("r1"), object.Read("r2"), object.Write("w"), object.Read("r3"), object.Read("r4")];
    await settle();
    expect(log).toEqual(["+r1", "+r2"]);
    await finish("r2");
    expect(log).toEqual(["+r1", "+r2", "-r2"]);
    await finish("r1");
    expect(log.slice(3)).toEqual(["-r1", "+w"]);
    await finish("w");
    expect(log.slice(5)).toEqual(["-w", "+r3", "+r4"]);
    await finish("r3");
    await finish("r4");
    await Promise.all(replies);
  });

  it("that read start at once when the exclusive one before them gives up", async () => {
    const { implementation, log, finish } = desk();
    const harness = new Harness({ implementations: [implementation] });
    const object = harness.object(Desk, "d");
    const gone = new AbortController();
    const first = object.Read("r1");
    const write = failure(object.Write("w", { signal: gone.signal }));
    const second = object.Read("r2");
    await settle();
    expect(log).toEqual(["+r1"]);
    gone.abort();
    await settle();
    expect((await write).code).toBe("CANCELLED");
    expect(log).toEqual(["+r1", "+r2"]);
    await finish("r1");
    await finish("r2");
    await Promise.all([first, second]);
  });

  it("beyond the mailbox's capacity are refused at once", async () => {
    const { implementation, finish } = desk();
    const harness = new Harness({ implementations: [implementation], limits: { mailboxCapacity: 2 } });
    const object = harness.object(Desk, "d");
    const accepted = [object.Write("a"), object.Write("b"), object.Write("c")];
    const error = await failure(object.Write("d"));
    expect(error.code).toBe("MAILBOX_FULL");
    expect(error.message).toContain("2 calls wait for Desk/d already");
    for (const name of ["a", "b", "c"]) await finish(name);
    await Promise.all(accepted);
    const again = object.Write("e");
    await finish("e");
    await again;
  });

  it("that end at once do not pile up on the stack", async () => {
    const { implementation, log, finish } = desk();
    const harness = new Harness({ implementations: [implementation], limits: { mailboxCapacity: 20_000 } });
    const object = harness.object(Desk, "d");
    const first = object.Write("first");
    const rest = Array.from({ length: 20_000 }, (_, n) => object.Quick(n));
    await finish("first");
    await Promise.all([first, ...rest]);
    expect(log.slice(2)).toEqual(rest.map((_, n) => String(n)));
  });
});
