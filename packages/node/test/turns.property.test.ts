import { contract, implement } from "@goverse/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Deferred, Harness } from "./support/harness.ts";
import { settle } from "./support/manual-clock.ts";

const Cell = contract("Cell", {
  methods: { Write: { in: z.number() }, Read: { in: z.number(), mode: "read" } },
});

/** What a random history does. `end` and `cancel` pick among what runs or waits. */
type Step =
  | { readonly kind: "write" }
  | { readonly kind: "read" }
  | { readonly kind: "end" | "cancel"; readonly pick: number }
  | { readonly kind: "destroy" };

const pick = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "write" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "read" as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("end" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick }) },
  { weight: 1, arbitrary: fc.constant({ kind: "destroy" as const }) },
);

interface Call {
  readonly n: number;
  readonly mode: "read" | "write";
  readonly gate: Deferred;
  readonly gone: AbortController;
}

/** Plays a history and watches every start. */
class World {
  readonly calls: Call[] = [];
  readonly started: number[] = [];
  readonly running = new Set<Call>();
  readonly cancelled = new Set<number>();
  readonly replies: Promise<unknown>[] = [];
  readonly harness: Harness;

  constructor(activation: Promise<void> | undefined) {
    const work = async (n: number): Promise<void> => {
      const call = this.calls[n] as Call;
      this.#checkStart(call);
      this.running.add(call);
      this.started.push(n);
      await call.gate.promise;
      this.running.delete(call);
    };
    const implementation = implement(Cell, {
      state: () => ({}),
      onActivate: () => activation,
      onDeactivate: () => {
        expect(this.running.size).toBe(0);
        return settle();
      },
      methods: { Write: (_ctx, n) => work(n), Read: (_ctx, n) => work(n) },
    });
    this.harness = new Harness({ implementations: [implementation] });
  }

  play(step: Step): void {
    if (step.kind === "destroy") {
      this.replies.push(this.harness.node.destroy(this.harness.request("Cell", "c")).catch(() => {}));
    } else if (step.kind === "write" || step.kind === "read") {
      this.#call(step.kind);
    } else {
      this.#interfere(step);
    }
  }

  async finish(): Promise<void> {
    for (let round = 0; round < 3 * this.calls.length + 3; round += 1) {
      for (const call of this.running) call.gate.resolve();
      await settle();
    }
    await Promise.all(this.replies);
  }

  #call(mode: "read" | "write"): void {
    const call = { n: this.calls.length, mode, gate: new Deferred(), gone: new AbortController() };
    this.calls.push(call);
    const object = this.harness.object(Cell, "c");
    const options = { signal: call.gone.signal };
    const reply = mode === "read" ? object.Read(call.n, options) : object.Write(call.n, options);
    this.replies.push(reply.catch(() => {}));
  }

  #interfere({ kind, pick }: { readonly kind: "end" | "cancel"; readonly pick: number }): void {
    const candidates = kind === "end" ? [...this.running] : this.calls;
    const call = candidates[pick % Math.max(1, candidates.length)];
    if (call === undefined) return;
    if (kind === "end") {
      call.gate.resolve();
    } else {
      this.cancelled.add(call.n);
      call.gone.abort();
    }
  }

  #checkStart(call: Call): void {
    const others = [...this.running];
    const alone = call.mode === "write" ? others.length === 0 : others.every(({ mode }) => mode === "read");
    expect(alone, `call ${call.n} (${call.mode}) starts beside ${others.map(({ n }) => n).join()}`).toBe(true);
    // Order of arrival, which also keeps a stream of reads from starving a write.
    expect(
      this.started.every((n) => n < call.n),
      `call ${call.n} starts after ${this.started.join()}`,
    ).toBe(true);
  }
}

describe("any interleaving of reads, writes, ends, cancellations and destructions", () => {
  it("keeps the order of arrival, never overlaps a write, and starts everything that was not cancelled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 }), fc.boolean(), async (steps, slow) => {
        const world = new World(slow ? settle() : undefined);
        for (const [next, pause] of steps) {
          world.play(next);
          if (pause) await settle();
        }
        await world.finish();
        const expected = world.calls.map(({ n }) => n).filter((n) => !world.cancelled.has(n));
        expect(world.started.filter((n) => !world.cancelled.has(n))).toEqual(expected);
        expect(world.running.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
