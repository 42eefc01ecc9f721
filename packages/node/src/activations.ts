import type { LifecycleContext } from "@goverse/core";
import type { Cell } from "./cell.ts";
import { describe } from "./failure.ts";
import { isThenable } from "./thenable.ts";
import type { Services } from "./services.ts";

/** Brings objects into memory and lets them go, and keeps their number. */
export class Activations {
  readonly #services: Services;
  /** The activations on their way, shared by the reads that wait for them. */
  readonly #running = new Map<Cell, Promise<void>>();

  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * Gives the object its state; whoever asks while it is on its way shares it. `undefined`: done, without a promise, as for most
   * types. Throws or rejects with whatever `state` or `onActivate` threw; the object is then as it was, and the next one to ask tries
   * again.
   */
  activate(cell: Cell): Promise<void> | undefined {
    if (cell.status !== "empty") return undefined;
    const running = this.#running.get(cell);
    if (running !== undefined) return running;
    const { behaviour } = cell.type;
    const state = behaviour.state(cell.id);
    if (behaviour.onActivate === undefined && !isThenable(state)) {
      this.#activated(cell, state);
      return undefined;
    }
    const activation = this.#activateLater(cell, state).finally(() => this.#running.delete(cell));
    this.#running.set(cell, activation);
    return activation;
  }

  async #activateLater(cell: Cell, promised: unknown): Promise<void> {
    const state = await promised;
    await cell.type.behaviour.onActivate?.(this.#contextOf(cell, state));
    this.#activated(cell, state);
  }

  #activated(cell: Cell, state: unknown): void {
    if (cell.status !== "empty") return;
    cell.state = state;
    cell.status = "active";
    cell.activatedAtMs = this.#services.clock.wallMs();
    this.#services.counts.activated(cell.type.countIndex, cell.shard);
  }

  /**
   * Runs `onDeactivate` and forgets the state. A throwing or hanging one is logged and does not keep the object.
   * @returns Whether the object was active.
   */
  async deactivate(cell: Cell): Promise<boolean> {
    if (cell.status !== "active") return false;
    const { onDeactivate } = cell.type.behaviour;
    if (onDeactivate !== undefined) {
      await this.#withinLimit(cell, async () => onDeactivate(this.#contextOf(cell, cell.state)));
    }
    this.forget(cell, "empty");
    return true;
  }

  /** Takes the state away at once. */
  forget(cell: Cell, status: "empty" | "gone"): void {
    if (cell.status === "gone") return;
    if (cell.status === "active") {
      this.#services.counts.deactivated(cell.type.countIndex, cell.shard);
      cell.type.idleSince.delete(cell);
      // A turn that still runs on a dropped object keeps what it holds; nobody else gets it.
      if (status === "empty") cell.state = undefined;
    }
    cell.status = status;
  }

  async #withinLimit(cell: Cell, work: () => Promise<unknown>): Promise<void> {
    const { clock, limits, callLog } = this.#services;
    const limitMs = limits.deactivateLimitMs;
    await new Promise<void>((resolve) => {
      const failed = (error: string): void => {
        callLog.error("onDeactivate failed; the object is forgotten all the same", { object: cell.name, error });
        resolve();
      };
      const timer = clock.setTimer(limitMs, () => failed(`it takes longer than ${limitMs} ms`));
      void work()
        .then(
          () => resolve(),
          (thrown: unknown) => failed(describe(thrown)),
        )
        .finally(() => timer.cancel());
    });
  }

  #contextOf(cell: Cell, state: unknown): LifecycleContext<unknown> {
    const { logger } = this.#services;
    const { type, id } = cell;
    return { id, type: type.name, state, log: logger.child({ type: type.name, id }) };
  }
}
