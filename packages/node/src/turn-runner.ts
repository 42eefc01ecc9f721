import { encodePayload, GoverseError } from "@goverse/core";
import type { Activations } from "./activations.ts";
import { describe, failureOf } from "./failure.ts";
import { isOwned, type Services } from "./services.ts";
import { isThenable } from "./thenable.ts";
import { TurnContext } from "./turn-context.ts";
import type { Turn } from "./turn.ts";

/** Runs turns: prepares, executes, and answers under the rules of ownership. */
export class TurnRunner {
  readonly #services: Services;
  readonly #activations: Activations;
  readonly #ended: (turn: Turn) => void;

  /** @param ended Called when a turn has let go of its object, exactly once per turn. */
  constructor(services: Services, activations: Activations, ended: (turn: Turn) => void) {
    this.#services = services;
    this.#activations = activations;
    this.#ended = ended;
  }

  /** Starts a turn that holds its object, whose ownership has been checked in this very moment. */
  start(turn: Turn, nowMs: number): void {
    turn.startedMs = nowMs;
    turn.method.metrics.queueWaited((nowMs - turn.arrivedMs) / 1000);
    turn.phase = "preparing";
    const prepared = this.#prepare(turn);
    if (prepared === true) this.#execute(turn);
    else if (prepared === false) this.#end(turn);
    else void this.#executeLater(turn, prepared);
  }

  /** Answers a call that did not start, and is therefore not counted: it will be sent again. */
  bounce(turn: Turn, error: GoverseError = notOwner(turn)): void {
    turn.fail(error);
  }

  /** Answers a call that failed before it started, and counts it. */
  refuse(turn: Turn, error: GoverseError): void {
    turn.method.metrics.callFinished(false, 0);
    turn.fail(error);
  }

  /** Answers a call that failed after it started, and counts it. */
  fail(turn: Turn, error: GoverseError): void {
    if (turn.answered) return;
    turn.method.metrics.callFinished(false, this.#secondsOf(turn));
    turn.fail(error);
  }

  /** Answers for a turn whose object this node has lost, and tells the method. What it would have sent is discarded. */
  lose(turn: Turn): void {
    const error = lost(turn);
    turn.abort(error);
    if (turn.phase === "running") this.fail(turn, error);
    else this.bounce(turn);
  }

  /** Runs the method. One that answers at once costs no promise and no turn of the microtask queue. */
  #execute(turn: Turn): void {
    turn.phase = "running";
    try {
      const returned = this.#perform(turn);
      if (isThenable(returned)) {
        void this.#await(turn, returned);
        return;
      }
      this.#conclude(turn, returned);
    } catch (thrown) {
      this.#failed(turn, thrown);
    }
    this.#end(turn);
  }

  async #await(turn: Turn, returned: PromiseLike<unknown>): Promise<void> {
    try {
      this.#conclude(turn, await returned);
    } catch (thrown) {
      this.#failed(turn, thrown);
    }
    this.#end(turn);
  }

  #end(turn: Turn): void {
    turn.phase = "ended";
    this.#ended(turn);
  }

  async #executeLater(turn: Turn, prepared: Promise<boolean>): Promise<void> {
    if (await prepared) this.#execute(turn);
    else this.#end(turn);
  }

  /** Whether the method may start. Answers the caller when it may not. The common cases cost no promise. */
  #prepare(turn: Turn): boolean | Promise<boolean> {
    if (turn.input instanceof Promise) return this.#prepareLater(turn);
    if (turn.cell.status === "active" || turn.method.kind === "destroy") return true;
    try {
      const activation = this.#activations.activate(turn.cell);
      if (activation !== undefined) return this.#whenActive(turn, activation);
    } catch (thrown) {
      this.#notActivated(turn, thrown);
    }
    return this.#mayGoOn(turn);
  }

  async #prepareLater(turn: Turn): Promise<boolean> {
    try {
      turn.input = await turn.input;
    } catch (refusal) {
      this.fail(turn, GoverseError.from(refusal));
    }
    if (!this.#mayGoOn(turn)) return false;
    return this.#prepare(turn);
  }

  async #whenActive(turn: Turn, activation: Promise<void>): Promise<boolean> {
    try {
      await activation;
    } catch (thrown) {
      this.#notActivated(turn, thrown);
    }
    return this.#mayGoOn(turn);
  }

  #notActivated(turn: Turn, thrown: unknown): void {
    this.#reportInternal("an object could not be activated", turn, thrown);
    this.fail(turn, internal(turn, "could not be activated"));
  }

  /** After code of the author's or a pause, in which the caller may have gone, or the object. */
  #mayGoOn(turn: Turn): boolean {
    if (turn.answered) return false;
    if (isOwned(turn, this.#services)) return true;
    this.bounce(turn);
    return false;
  }

  #perform(turn: Turn): unknown {
    const { kind, handler } = turn.method;
    if (kind === "call") return handler(new TurnContext(turn, this.#services), turn.input);
    return kind === "destroy" ? this.#activations.deactivate(turn.cell) : undefined;
  }

  /** The method returned: its effects leave, all together or not at all. */
  #conclude(turn: Turn, returned: unknown): void {
    if (turn.answered) return;
    const payload = encodePayload(turn.method.contract.out, returned, turn.request.payload);
    if (!isOwned(turn, this.#services)) {
      this.fail(turn, lost(turn));
      return;
    }
    if (turn.outbox !== undefined) this.#push(turn);
    turn.method.metrics.callFinished(true, this.#secondsOf(turn));
    turn.succeed({ payload, epoch: turn.cell.epoch });
  }

  #failed(turn: Turn, thrown: unknown): void {
    // The caller has its answer, and the method was told to stop: how it stopped is nobody's concern.
    if (turn.answered) return;
    if (!isOwned(turn, this.#services)) {
      this.fail(turn, lost(turn));
      return;
    }
    const error = failureOf(thrown, turn);
    if (error.code === "INTERNAL") this.#reportInternal("a method failed", turn, thrown);
    this.fail(turn, error);
  }

  #push(turn: Turn): void {
    const messages = turn.outbox?.take() ?? [];
    if (messages.length === 0) return;
    try {
      this.#services.pushes.push(messages);
    } catch (thrown) {
      // Delivery is at most once: the turn itself has succeeded.
      this.#reportInternal("events could not be handed over", turn, thrown);
    }
  }

  #reportInternal(message: string, turn: Turn, thrown: unknown): void {
    const { cell, method, callId } = turn;
    const fields = { type: cell.type.name, id: cell.id, method: method.name, callId };
    this.#services.callLog.error(message, { ...fields, error: describe(thrown) });
  }

  #secondsOf(turn: Turn): number {
    return (this.#services.clock.monotonicMs() - turn.startedMs) / 1000;
  }
}

function notOwner(turn: Turn): GoverseError {
  return new GoverseError("NOT_OWNER", `this node does not own ${turn.cell.name} any more; the call did not start`);
}

function lost(turn: Turn): GoverseError {
  const message = `this node lost ${turn.cell.name} while ${turn.method.label} ran: nobody knows what became of it`;
  return new GoverseError("UNKNOWN_OUTCOME", message, { callId: turn.callId });
}

function internal(turn: Turn, what: string): GoverseError {
  const message = `${turn.cell.name} ${what}; call ${turn.callId} in the log says why`;
  return new GoverseError("INTERNAL", message, { callId: turn.callId });
}
