import type { Clock, Epoch } from "@goverse/core";
import type { Closure } from "./admission.ts";
import { turnIdOf } from "./chain.ts";
import type { Turn } from "./turn.ts";

/** How waiting for quiet ended. */
export type Quiet = "quiet" | "late" | "called off";

interface QuietWait {
  readonly closure: Closure;
  readonly settle: (how: Quiet) => void;
}

/** All turns between arrival and end, whether their callers still wait or not. */
export class TurnBook {
  /** The turns in order of arrival: a linked list, because a set costs each turn several times as much. */
  #oldest: Turn | undefined;
  #newest: Turn | undefined;
  #size = 0;
  readonly #byId = new Map<string, Turn>();
  readonly #waits = new Set<QuietWait>();
  readonly #incarnation: () => Epoch;
  #count = 0;

  /** @param incarnation Makes turn ids unique in the cluster. */
  constructor(incarnation: () => Epoch) {
    this.#incarnation = incarnation;
  }

  get size(): number {
    return this.#size;
  }

  /** All of them as they are now: whoever goes through them ends some and so starts others. */
  turns(): Turn[] {
    const turns: Turn[] = [];
    for (let turn = this.#oldest; turn !== undefined; turn = turn.newer) turns.push(turn);
    return turns;
  }

  add(turn: Turn): void {
    turn.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = turn;
    else this.#newest.newer = turn;
    this.#newest = turn;
    this.#size += 1;
  }

  /** Takes out a turn that is in the book. */
  remove(turn: Turn): void {
    const { older, newer } = turn;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    turn.older = undefined;
    turn.newer = undefined;
    this.#size -= 1;
    if (turn.id !== undefined) this.#byId.delete(turn.id);
    this.recheck();
  }

  /** The id under which the turn appears in chains. */
  identify(turn: Turn): string {
    if (turn.id === undefined) {
      this.#count += 1;
      turn.id = turnIdOf(this.#incarnation(), this.#count, turn.cell.name);
      this.#byId.set(turn.id, turn);
    }
    return turn.id;
  }

  /** The turn of that id, if it runs here now. */
  running(turnId: string): Turn | undefined {
    return this.#byId.get(turnId);
  }

  /** Whether anything waits or runs in that part. Turns of dropped objects have no effect any more and do not count. */
  isBusy(closure: Closure): boolean {
    for (let turn = this.#oldest; turn !== undefined; turn = turn.newer) {
      if (turn.cell.status !== "gone" && closure.covers(turn.cell.place)) return true;
    }
    return false;
  }

  /** Waits until nothing waits or runs in that part. */
  async whenQuiet(closure: Closure, limitMs: number, clock: Clock): Promise<Quiet> {
    if (!this.isBusy(closure)) return "quiet";
    return new Promise((resolve) => {
      const timer = clock.setTimer(Math.max(0, limitMs), () => wait.settle("late"));
      const wait: QuietWait = {
        closure,
        settle: (how) => {
          this.#waits.delete(wait);
          timer.cancel();
          resolve(how);
        },
      };
      this.#waits.add(wait);
    });
  }

  /** Ends the waiting for parts that have become quiet. */
  recheck(): void {
    if (this.#waits.size === 0) return;
    for (const wait of this.#waits) if (!this.isBusy(wait.closure)) wait.settle("quiet");
  }

  /** Ends the waiting for exactly this part. */
  callOff(closure: Closure): void {
    for (const wait of this.#waits) if (wait.closure === closure) wait.settle("called off");
  }
}
