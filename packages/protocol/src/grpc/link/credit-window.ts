import type { Credits } from "../../gen/goverse/peer/v1/peer_pb.ts";

type Room = Pick<Credits, "calls" | "bytes">;

/** Share of a window that is given back at a time: a message per call would cost more than it says. */
const GIVE_BACK_SHARE = 8;

/** The caller's side: how much more it may send. */
export class CreditWindow {
  readonly #all: Room;
  #calls: number;
  #bytes: number;

  constructor({ calls, bytes }: Room) {
    this.#all = { calls, bytes };
    this.#calls = calls;
    this.#bytes = bytes;
  }

  /** Takes room for one call; false when there is none. A call longer than everything counts as everything that can come back. */
  take(bytes: number): boolean {
    const cost = Math.min(bytes, largestCost(this.#all));
    if (this.#calls < 1 || this.#bytes < cost) return false;
    this.#calls -= 1;
    this.#bytes -= cost;
    return true;
  }

  give({ calls, bytes }: Room): void {
    this.#calls += calls;
    this.#bytes += bytes;
  }
}

/** The serving side: what has been given out, and what has come free. */
export class CreditAccount {
  readonly #all: Room;
  #usedCalls = 0;
  #usedBytes = 0;
  #freeCalls = 0;
  #freeBytes = 0;

  constructor({ calls, bytes }: Room) {
    this.#all = { calls, bytes };
  }

  /** A call came. False when the caller had no room for it. */
  use(bytes: number): boolean {
    this.#usedCalls += 1;
    this.#usedBytes += Math.min(bytes, largestCost(this.#all));
    return this.#usedCalls <= this.#all.calls && this.#usedBytes <= this.#all.bytes;
  }

  /** The call is over. */
  free(bytes: number): void {
    this.#freeCalls += 1;
    this.#freeBytes += Math.min(bytes, largestCost(this.#all));
  }

  /** Room to give back now; `undefined` while it is too little to be worth a message. */
  takeBack(): Room | undefined {
    const { calls, bytes } = this.#all;
    if (this.#freeCalls * GIVE_BACK_SHARE < calls && this.#freeBytes * GIVE_BACK_SHARE < bytes) return undefined;
    const room = { calls: this.#freeCalls, bytes: this.#freeBytes };
    this.#usedCalls -= room.calls;
    this.#usedBytes -= room.bytes;
    this.#freeCalls = 0;
    this.#freeBytes = 0;
    return room;
  }
}

/** Cost of the longest call: what is left when the rest has not been given back yet, or it would wait for ever. */
function largestCost({ bytes }: Room): number {
  return Math.floor(bytes / 2);
}
