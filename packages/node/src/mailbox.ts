import type { Turn } from "./turn.ts";

/** Waiting turns in order of arrival: a linked list, because a caller that gives up leaves from the middle. */
export class Mailbox {
  #first: Turn | undefined;
  #last: Turn | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Turn | undefined {
    return this.#first;
  }

  push(turn: Turn): void {
    turn.before = this.#last;
    if (this.#last === undefined) this.#first = turn;
    else this.#last.after = turn;
    this.#last = turn;
    this.#size += 1;
  }

  /** Takes out a turn that is in this mailbox. */
  remove(turn: Turn): void {
    const { before, after } = turn;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    turn.before = undefined;
    turn.after = undefined;
    this.#size -= 1;
  }
}
