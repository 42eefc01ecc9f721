import { GoverseError, type ShardHolder } from "@goverse/core";
import { type Admission, type Closure, closureOf, EVERYTHING } from "./admission.ts";
import type { Cell } from "./cell.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { ColdReason } from "./node-metrics.ts";
import type { Registry } from "./registry.ts";
import type { Services } from "./services.ts";
import type { Quiet, TurnBook } from "./turn-book.ts";

/** How many `onDeactivate` run at a time: they usually write somewhere, and thousands at once would only stand in each other's way. */
const RETIRE_CONCURRENCY = 64;

interface Drain {
  readonly shards: readonly number[];
  readonly closure: Closure;
  calledOff: boolean;
}

/** Lets objects leave: shards that move, shards that are lost, and everything when the node stops. */
export class ShardDrains implements ShardHolder {
  readonly #services: Services;
  readonly #registry: Registry;
  readonly #admission: Admission;
  readonly #book: TurnBook;
  readonly #dispatcher: Dispatcher;
  readonly #drains = new Set<Drain>();

  constructor(parts: DrainParts) {
    this.#services = parts.services;
    this.#registry = parts.registry;
    this.#admission = parts.admission;
    this.#book = parts.book;
    this.#dispatcher = parts.dispatcher;
  }

  async drain(shards: readonly number[]): Promise<void> {
    const drain: Drain = { shards, closure: closureOf(shards), calledOff: false };
    this.#drains.add(drain);
    this.#admission.close(shards, drain.closure);
    try {
      this.#dispatcher.bounceWaiting(drain.closure);
      const limitMs = this.#services.limits.drainLimitMs;
      const how = await this.#book.whenQuiet(drain.closure, limitMs, this.#services.clock);
      if (how !== "quiet" || drain.calledOff) throw this.#notDrained(drain, how);
      const count = await this.#retireAll(this.#cellsIn(shards), "moved", () => drain.calledOff);
      if (drain.calledOff) throw this.#notDrained(drain, "called off");
      if (count > 0) {
        this.#services.logger.info("objects left with their shards and start cold elsewhere", {
          objects: count,
          shards: shards.length,
        });
      }
    } finally {
      this.#drains.delete(drain);
    }
  }

  undrain(shards: readonly number[]): void {
    this.#callOff(shards);
    this.#admission.open(shards);
  }

  drop(shards: readonly number[] | "all"): void {
    this.#callOff(shards);
    if (shards === "all") this.#admission.openAll();
    else this.#admission.open(shards);
    this.#dispatcher.discard(shards === "all" ? this.#allCells() : this.#cellsIn(shards), "lost");
  }

  /** Ends everything: running turns until `deadlineMs` on the monotonic clock, then without them. */
  async stop(deadlineMs: number): Promise<void> {
    this.#admission.stop();
    this.#dispatcher.bounceWaiting(EVERYTHING);
    const { clock, logger } = this.#services;
    const how = await this.#book.whenQuiet(EVERYTHING, deadlineMs - clock.monotonicMs(), clock);
    if (how === "late") {
      const busy = this.#allCells().filter((cell) => !cell.idle);
      logger.warn("turns did not end before the node had to stop", { objects: busy.length });
      this.#dispatcher.discard(busy, "stopped");
    }
    await this.#retireAll(this.#allCells(), "stopped", () => false);
  }

  #notDrained(drain: Drain, how: Quiet): GoverseError {
    if (how !== "late") return new GoverseError("UNAVAILABLE", "the drain was called off");
    this.#admission.open(drain.shards, drain.closure);
    const { drainLimitMs } = this.#services.limits;
    const message = `turns still run in the ${drain.shards.length} shards after ${drainLimitMs} ms; calls are admitted again`;
    return new GoverseError("UNAVAILABLE", message);
  }

  #callOff(shards: readonly number[] | "all"): void {
    for (const drain of this.#drains) {
      if (shards !== "all" && !drain.shards.some((shard) => shards.includes(shard))) continue;
      drain.calledOff = true;
      this.#book.callOff(drain.closure);
    }
  }

  /** @returns How many objects lost their state. */
  async #retireAll(cells: readonly Cell[], reason: ColdReason, isCalledOff: () => boolean): Promise<number> {
    let count = 0;
    const rest = cells.values();
    const worker = async (): Promise<void> => {
      for (const cell of rest) {
        if (isCalledOff()) return;
        if (cell.status !== "active") continue;
        this.#services.metrics.objectStartedCold(cell.type.name, reason);
        count += 1;
        await this.#dispatcher.retire(cell);
      }
    };
    await Promise.all(Array.from({ length: Math.min(RETIRE_CONCURRENCY, cells.length) }, worker));
    return count;
  }

  #cellsIn(shards: readonly number[]): Cell[] {
    return [...this.#registry.types()].flatMap((type) => shards.flatMap((shard) => [...type.cells.inShard(shard)]));
  }

  #allCells(): Cell[] {
    return [...this.#registry.types()].flatMap((type) => [...type.cells.all()]);
  }
}

/** What {@link ShardDrains} works with. */
interface DrainParts {
  readonly services: Services;
  readonly registry: Registry;
  readonly admission: Admission;
  readonly book: TurnBook;
  readonly dispatcher: Dispatcher;
}
