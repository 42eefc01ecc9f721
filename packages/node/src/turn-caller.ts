import { type Caller, type CallRequest, GoverseError, type Payload } from "@goverse/core";
import { checkDepth } from "./chain.ts";
import { DEFAULT_CALL_TIMEOUT_MS } from "./limits.ts";
import { isOwned, type Services } from "./services.ts";
import type { Turn } from "./turn.ts";

/** Carries the calls of one turn to other objects: with its chain, within its time, and only while it owns its object. */
export class TurnCaller implements Caller {
  readonly #turn: Turn;
  readonly #services: Services;

  constructor(turn: Turn, services: Services) {
    this.#turn = turn;
    this.#services = services;
  }

  async call(request: CallRequest): Promise<Payload | undefined> {
    const turn = this.#turn;
    assertRunning(turn);
    assertOwned(turn, this.#services);
    const remainingMs = turn.deadlineMs - this.#services.clock.monotonicMs();
    if (remainingMs <= 0) {
      throw new GoverseError("DEADLINE_EXCEEDED", `${turn.method.label} has no time left to call ${request.type}`);
    }
    const chain = [...turn.chain, this.#services.identify(turn)];
    checkDepth(chain, turn.callId);
    const timeoutMs = Math.min(request.timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS, remainingMs);
    const { place, epoch } = turn.cell;
    const origin = { chain, caller: turn.caller, callId: turn.callId, place, epoch };
    return this.#services.calls.call({ ...request, timeoutMs }, origin);
  }
}

/** @throws GoverseError `TURN_ENDED`. */
export function assertRunning(turn: Turn): void {
  if (turn.phase !== "running") {
    throw new GoverseError(
      "TURN_ENDED",
      `the context of ${turn.method.label} was used after its turn; await everything that uses it before the method returns`,
    );
  }
}

/** @throws GoverseError `NOT_OWNER`. */
export function assertOwned(turn: Turn, services: Services): void {
  if (!isOwned(turn, services)) {
    throw new GoverseError("NOT_OWNER", `this node does not own ${turn.cell.name} any more`);
  }
}
