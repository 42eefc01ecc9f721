import { type Epoch, GoverseError, type ObjectId, type Timer } from "@goverse/core";
import { Activations } from "./activations.ts";
import type { Admission, Closure } from "./admission.ts";
import type { Cell } from "./cell.ts";
import { checkDepth, mayReenter, pathOf, reentrantCall } from "./chain.ts";
import { receive } from "./input.ts";
import type { InvocationReply, ObjectRequest } from "./invocation.ts";
import { DEFAULT_CALL_TIMEOUT_MS } from "./limits.ts";
import type { ColdReason } from "./node-metrics.ts";
import type { ObjectMethod, ObjectType } from "./object-type.ts";
import { isOwned, type Services } from "./services.ts";
import type { TurnBook } from "./turn-book.ts";
import { TurnRunner } from "./turn-runner.ts";
import { Turn, type TurnRequest } from "./turn.ts";

/** How often deadlines are looked at, in milliseconds. One sweep for all calls: a timer for each would cost more than the call. */
const SWEEP_INTERVAL_MS = 50;

/** What the turn in which an object is let go answers to. */
const DEACTIVATION: TurnRequest = { callId: "deactivation", chain: [], signal: undefined };

/** Decides when turns start, and when their callers are answered without them. */
export class Dispatcher {
  readonly #services: Services;
  readonly #admission: Admission;
  readonly #book: TurnBook;
  readonly #activations: Activations;
  readonly #runner: TurnRunner;
  readonly #rested: (cell: Cell) => void;
  #sweep: Timer | undefined;

  /** @param rested Called when an active object has nothing left to do. */
  constructor(services: Services, admission: Admission, book: TurnBook, rested: (cell: Cell) => void) {
    this.#services = services;
    this.#admission = admission;
    this.#book = book;
    this.#rested = rested;
    this.#activations = new Activations(services);
    this.#runner = new TurnRunner(services, this.#activations, (turn) => this.#ended(turn));
  }

  /** Resolves or rejects as the call ends for its caller. Rejects only with `GoverseError`. */
  submit(type: ObjectType, method: ObjectMethod, request: ObjectRequest & TurnRequest): Promise<InvocationReply> {
    try {
      return this.#admit(type, method, request).takeReply();
    } catch (thrown) {
      const refusal = GoverseError.from(thrown);
      if (!refusal.notStarted) method.metrics.callFinished(false, 0);
      return Promise.reject(refusal);
    }
  }

  /**
   * The object that a request may use now: owned, and in memory unless `undefined`.
   * @throws GoverseError `NOT_OWNER`, `UNAVAILABLE` when the node is stopping.
   */
  find(type: ObjectType, id: ObjectId, chain: readonly string[]): Cell | undefined {
    return this.#cellUnder(this.#enter(type, id, chain), type, id);
  }

  /** Sends away what waits in that part, as not started; what a turn running there waits for stays. */
  bounceWaiting(closure: Closure): void {
    for (const turn of this.#book.turns()) {
      if (turn.phase !== "waiting" || !closure.covers(turn.cell.place)) continue;
      const refusal = this.#admission.refusal(turn.cell.place, turn.chain);
      if (refusal === undefined) continue;
      turn.cell.remove(turn);
      this.#bounceWaiting(turn, refusal);
      this.#startNext(turn.cell);
    }
  }

  /** Drops objects at once: nothing that runs on them has an effect any more, what waits was not started. */
  discard(cells: Iterable<Cell>, reason: ColdReason): void {
    for (const cell of cells) {
      if (cell.status === "active") this.#services.metrics.objectStartedCold(cell.type.name, reason);
      this.#activations.forget(cell, "gone");
      cell.type.cells.remove(cell);
    }
    for (const turn of this.#book.turns()) {
      if (turn.cell.status !== "gone" || turn.answered) continue;
      if (turn.phase !== "waiting") {
        this.#runner.lose(turn);
        continue;
      }
      turn.cell.remove(turn);
      this.#bounceWaiting(turn);
    }
    this.#book.recheck();
  }

  /** Lets an object go in an orderly way if it has nothing to do: `onDeactivate`, then its state is forgotten. */
  async retire(cell: Cell): Promise<void> {
    if (!cell.idle || cell.status !== "active") return;
    if (cell.type.behaviour.onDeactivate === undefined) {
      this.#activations.forget(cell, "empty");
      cell.type.cells.remove(cell);
      return;
    }
    const nowMs = this.#services.clock.monotonicMs();
    const turn = new Turn(cell, cell.type.destroy, DEACTIVATION, nowMs, Number.POSITIVE_INFINITY);
    this.#book.add(turn);
    this.#start(turn, nowMs);
    // Gone is gone, however it went.
    await turn.takeReply().catch(() => {});
  }

  /** The same for an object that nobody has used for long, if this node may still touch what it owns. */
  retireOwned(cell: Cell): void {
    if (this.#services.ownership.epochOf(cell.place) === cell.epoch) void this.retire(cell);
  }

  /** Forgets the sweep. */
  close(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  /** The epoch under which a request may use its object now. */
  #enter(type: ObjectType, id: ObjectId, chain: readonly string[]): Epoch {
    const epoch = this.#services.ownership.epochOf(id.place);
    const refusal = this.#admission.refusal(id.place, chain);
    if (refusal !== undefined) throw refusal;
    if (epoch === undefined) throw new GoverseError("NOT_OWNER", `this node does not own ${type.name}/${id.text}`);
    return epoch;
  }

  #cellUnder(epoch: Epoch, type: ObjectType, id: ObjectId): Cell | undefined {
    const cell = type.cells.get(id);
    if (cell === undefined || cell.epoch === epoch) return cell;
    // Owned again after a loss that nobody told us of: somebody else may have changed the object in between.
    this.discard([cell], "lost");
    return undefined;
  }

  /** Lets a call in: its turn has started, or waits, when this returns. */
  #admit(type: ObjectType, method: ObjectMethod, request: ObjectRequest & TurnRequest): Turn {
    const nowMs = this.#services.clock.monotonicMs();
    const epoch = this.#enter(type, request.id, request.chain);
    const known = this.#cellUnder(epoch, type, request.id);
    const cell = known ?? type.cells.create(request.id, epoch);
    const deadlineMs = Number.isFinite(request.deadlineMs) ? request.deadlineMs : nowMs + DEFAULT_CALL_TIMEOUT_MS;
    const turn = new Turn(cell, method, request, nowMs, deadlineMs);
    checkDepth(turn.chain, turn.callId);
    if (request.signal?.aborted === true) throw callerGone(turn);
    if (deadlineMs <= nowMs) throw outOfTime(turn, "the deadline had passed when the call arrived");
    const startsNow = this.#reenters(turn) || cell.admitsNow(method.mode);
    if (!startsNow && cell.waiting >= this.#services.limits.mailboxCapacity) throw mailboxFull(turn);
    turn.input = receive(method, request.payload, turn.callId, this.#services);

    if (known === undefined) type.cells.add(cell);
    this.#book.add(turn);
    this.#armSweep();
    if (request.signal !== undefined) turn.watchCaller(() => this.#giveUp(turn, callerGone(turn)));
    if (startsNow) this.#start(turn, nowMs);
    else cell.enqueue(turn);
    return turn;
  }

  /**
   * Whether the call comes back to an object in the middle of a turn that waits for it, and may run inside that turn.
   * @throws GoverseError `REENTRANT_CALL` when it may not.
   */
  #reenters(turn: Turn): boolean {
    if (turn.chain.length === 0 || turn.cell.running === 0) return false;
    const within = turn.chain
      .map((turnId) => this.#book.running(turnId))
      .filter((other) => other?.cell === turn.cell)
      .map((other) => other?.method.mode ?? "exclusive");
    if (within.length === 0) return false;
    if (mayReenter(within, turn.method)) return true;
    throw reentrantCall(turn.chain, turn.method.label, turn.cell.name, turn.callId);
  }

  #start(turn: Turn, nowMs: number): void {
    turn.cell.enter(turn.method.mode);
    this.#runner.start(turn, nowMs);
  }

  #ended(turn: Turn): void {
    this.#book.remove(turn);
    turn.cell.leave();
    this.#startNext(turn.cell);
  }

  /** Starts what may start now, and tidies up when nothing is left. A loop: turns that end at once must not nest. */
  #startNext(cell: Cell): void {
    if (cell.starting) return;
    cell.starting = true;
    for (let turn = cell.takeNext(); turn !== undefined; turn = cell.takeNext()) {
      const nowMs = this.#services.clock.monotonicMs();
      if (!isOwned(turn, this.#services)) this.#bounceWaiting(turn);
      else if (turn.deadlineMs > nowMs) this.#start(turn, nowMs);
      else this.#refuseWaiting(turn, nowMs, outOfTime(turn, "the deadline passed before its turn came"));
    }
    cell.starting = false;
    if (!cell.idle) return;
    if (cell.status === "empty") cell.type.cells.remove(cell);
    else if (cell.status === "active") this.#rested(cell);
  }

  /** Answers a call that has left the mailbox as not started. */
  #bounceWaiting(turn: Turn, refusal?: GoverseError): void {
    turn.phase = "ended";
    this.#book.remove(turn);
    this.#runner.bounce(turn, refusal);
  }

  /** The caller stops waiting, for whatever reason. What runs goes on and keeps the object until it really ends. */
  #giveUp(turn: Turn, error: GoverseError): void {
    if (turn.answered) return;
    if (turn.phase !== "waiting") {
      turn.abort(error);
      this.#runner.fail(turn, error);
      return;
    }
    turn.cell.remove(turn);
    this.#refuseWaiting(turn, this.#services.clock.monotonicMs(), error);
    // A read may have been waiting behind an exclusive turn that has just gone.
    this.#startNext(turn.cell);
  }

  /** Answers a call that has left the mailbox without having started. */
  #refuseWaiting(turn: Turn, nowMs: number, error: GoverseError): void {
    turn.phase = "ended";
    this.#book.remove(turn);
    turn.method.metrics.queueWaited((nowMs - turn.arrivedMs) / 1000);
    this.#runner.refuse(turn, error);
    if (error.code === "DEADLINE_EXCEEDED" && turn.chain.length > 0) this.#logWaitEdge(turn);
  }

  /** An object waited for another one until its time was up: perhaps that one waits for the first. This tells who and where. */
  #logWaitEdge(turn: Turn): void {
    const holders = this.#book.turns().filter((other) => other.cell === turn.cell && other.phase !== "waiting");
    this.#services.callLog.warn("a call from another object ran out of time waiting for its turn", {
      object: turn.cell.name,
      method: turn.method.name,
      callId: turn.callId,
      path: pathOf(turn.chain),
      heldBy: holders.map((other) => `${other.method.name} (${other.callId})`),
    });
  }

  #armSweep(): void {
    this.#sweep ??= this.#services.clock.setTimer(SWEEP_INTERVAL_MS, () => {
      this.#sweep = undefined;
      const nowMs = this.#services.clock.monotonicMs();
      for (const turn of this.#book.turns()) {
        if (turn.deadlineMs > nowMs || turn.answered) continue;
        const waiting = turn.phase === "waiting";
        this.#giveUp(
          turn,
          outOfTime(turn, waiting ? "the deadline passed before its turn came" : "the deadline passed while it ran"),
        );
      }
      if (this.#book.size > 0) this.#armSweep();
    });
  }
}

function callerGone(turn: Turn): GoverseError {
  return new GoverseError("CANCELLED", `the caller of ${turn.method.label} gave up`, { callId: turn.callId });
}

function outOfTime(turn: Turn, why: string): GoverseError {
  return new GoverseError("DEADLINE_EXCEEDED", `${turn.method.label} on ${turn.cell.name}: ${why}`, {
    callId: turn.callId,
  });
}

function mailboxFull(turn: Turn): GoverseError {
  const message = `${turn.cell.waiting} calls wait for ${turn.cell.name} already; slow down or spread the load over more objects`;
  return new GoverseError("MAILBOX_FULL", message, { callId: turn.callId });
}
