import type { Clock, Timer } from "@goverse/core";
import type { Cell } from "./cell.ts";
import type { ObjectType } from "./object-type.ts";

/** Looks four times per idle period, so that an object stays at most a quarter longer than asked. */
const LOOKS_PER_PERIOD = 4;
/** Shortest time between two looks, in milliseconds: a look walks all objects of the type. */
const MIN_INTERVAL_MS = 10;
/** Longest time between two looks, in milliseconds. */
const MAX_INTERVAL_MS = 60_000;

/** Lets objects go that nobody has used for their type's `idleMs`. Types without it are never looked at. */
export class IdleSweep {
  readonly #clock: Clock;
  readonly #retire: (cell: Cell) => void;
  readonly #timers = new Map<ObjectType, Timer>();
  #closed = false;

  constructor(clock: Clock, retire: (cell: Cell) => void) {
    this.#clock = clock;
    this.#retire = retire;
  }

  /** An active object has nothing left to do. */
  rested(cell: Cell): void {
    const { idleMs } = cell.type.behaviour;
    if (idleMs === undefined || this.#closed) return;
    cell.type.idleSince.set(cell, this.#clock.monotonicMs());
    if (!this.#timers.has(cell.type)) this.#arm(cell.type, idleMs);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #arm(type: ObjectType, idleMs: number): void {
    const intervalMs = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, idleMs / LOOKS_PER_PERIOD));
    const timer = this.#clock.setTimer(intervalMs, () => {
      this.#timers.delete(type);
      const nowMs = this.#clock.monotonicMs();
      for (const [cell, sinceMs] of type.idleSince) {
        if (cell.idle && nowMs - sinceMs >= idleMs) this.#retire(cell);
      }
      if (type.idleSince.size > 0 && !this.#closed) this.#arm(type, idleMs);
    });
    this.#timers.set(type, timer);
  }
}
