import type { Epoch, Place } from "@goverse/core";
import { Mailbox } from "./mailbox.ts";
import type { ObjectType, TurnMode } from "./object-type.ts";
import type { Turn } from "./turn.ts";

/**
 * - `empty`: not activated; it stands for the turns that want it.
 * - `active`: has state.
 * - `gone`: dropped; whatever still runs on it has no effect any more.
 */
type CellStatus = "empty" | "active" | "gone";

/**
 * One object in memory and who may run on it. There may be millions, so an idle one carries neither a mailbox nor anything of its
 * last turn.
 */
export class Cell {
  // What every call touches comes first, so that it shares its lines of the processor's cache.
  /** The ownership under which it came into memory. Under another one its state may be stale, so it is never used there. */
  readonly epoch: Epoch;
  status: CellStatus = "empty";
  state: unknown = undefined;
  /** Turns on it now. More than one only for reads, and for calls that came back to it. */
  running = 0;
  /** Mode of the turn that holds the object; what was let in afterwards does not change it. */
  heldAs: TurnMode | undefined = undefined;
  /** Calls that wait; made when the first one has to. */
  mailbox: Mailbox | undefined = undefined;
  /** Set while waiting turns are being started, so that turns that end at once do not start them recursively. */
  starting = false;
  readonly type: ObjectType;
  /** Where it lives: the same object for all cells of a shard. */
  readonly place: Place;
  /** Its id as written. */
  readonly id: string;
  activatedAtMs = 0;

  constructor(type: ObjectType, place: Place, id: string, epoch: Epoch) {
    this.epoch = epoch;
    this.type = type;
    this.place = place;
    this.id = id;
  }

  /** `<Type>/<id>`, for messages. */
  get name(): string {
    return `${this.type.name}/${this.id}`;
  }

  /** The shard it lives in, -1 when it is pinned to a node. */
  get shard(): number {
    return this.place.kind === "shard" ? this.place.shard : -1;
  }

  get waiting(): number {
    return this.mailbox?.size ?? 0;
  }

  /** Whether nothing runs and nothing waits. */
  get idle(): boolean {
    return this.running === 0 && this.waiting === 0;
  }

  /** Whether a turn that arrives now may start at once: nobody waits before it, and it may share the object. */
  admitsNow(mode: TurnMode): boolean {
    return this.waiting === 0 && this.#admits(mode);
  }

  /** A turn starts. */
  enter(mode: TurnMode): void {
    this.running += 1;
    this.heldAs ??= mode;
  }

  /** A turn has ended. */
  leave(): void {
    this.running -= 1;
    if (this.running === 0) this.heldAs = undefined;
  }

  /** Lets a turn wait. */
  enqueue(turn: Turn): void {
    this.mailbox ??= new Mailbox();
    this.mailbox.push(turn);
  }

  /** A waiting turn gave up. */
  remove(turn: Turn): void {
    this.mailbox?.remove(turn);
    if (this.mailbox?.size === 0) this.mailbox = undefined;
  }

  /**
   * Takes the first waiting turn if it may start. Only ever the first: a read does not overtake an exclusive turn, so neither
   * starves.
   */
  takeNext(): Turn | undefined {
    const first = this.mailbox?.first;
    if (first === undefined || !this.#admits(first.method.mode)) return undefined;
    this.remove(first);
    return first;
  }

  #admits(mode: TurnMode): boolean {
    return this.running === 0 || (mode === "read" && this.heldAs === "read");
  }
}
