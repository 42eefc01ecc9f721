import type { LifecycleContext } from "@goverse/core";
import type { Cell } from "./cell.ts";
import { describe } from "./failure.ts";
import type { Services } from "./services.ts";

/** Brings objects into memory and lets them go, and keeps their number. */
export class Activations {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * Gives the object its state. Whoever asks while it is on its way shares it. Rejects with whatever `state` or `onActivate` threw;
   * the object is then as it was, and the next one to ask tries again.
   */
  async activate(cell: Cell): Promise<void> {
    if (cell.status !== "empty") return;
    cell.activation ??= this.#activate(cell).finally(() => {
      cell.activation = undefined;
    });
    await cell.activation;
  }

  async #activate(cell: Cell): Promise<void> {
    const { behaviour } = cell.type;
    const state = behaviour.state(cell.id.text);
    await behaviour.onActivate?.(this.#contextOf(cell, state));
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
    return { id: id.text, type: type.name, state, log: logger.child({ type: type.name, id: id.text }) };
  }
}
