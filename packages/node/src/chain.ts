import { GoverseError } from "@goverse/core";
import { MAX_CHAIN_DEPTH } from "./limits.ts";
import type { TurnMode } from "./object-type.ts";

/*
 * A chain names the turns that led to a call. A turn id is `<incarnation>:<counter>@<Type>/<id>`: the first part is unique in the
 * cluster, the rest tells people which object it was, because a node cannot look up the turns of another one.
 */

/** Makes the id of a turn. */
export function turnIdOf(incarnation: number, counter: number, object: string): string {
  return `${incarnation}:${counter}@${object}`;
}

/** The objects of a chain, for people. */
export function pathOf(chain: readonly string[]): string[] {
  return chain.map((turnId) => turnId.slice(turnId.indexOf("@") + 1));
}

/**
 * Refuses a chain that is too long.
 * @throws GoverseError `REENTRANT_CALL` with the path.
 */
export function checkDepth(chain: readonly string[], callId: string): void {
  if (chain.length <= MAX_CHAIN_DEPTH) return;
  // A peer could send any number; an error repeats only as much as is allowed.
  const path = pathOf(chain.slice(0, MAX_CHAIN_DEPTH));
  throw new GoverseError(
    "REENTRANT_CALL",
    `objects call each other more than ${MAX_CHAIN_DEPTH} deep: ${path.slice(0, 3).join(" → ")} → …`,
    { callId, path },
  );
}

/**
 * Whether a call that came back to an object may run inside the turns of its own chain. A read among them must not see the object
 * change, so nothing exclusive is ever let in; into an exclusive turn only what says it is `reentrant`.
 * @param within Modes of the running turns of that object that are in the chain; not empty.
 */
export function mayReenter(within: readonly TurnMode[], method: { mode: TurnMode; reentrant: boolean }): boolean {
  if (method.mode === "exclusive" && within.includes("read")) return false;
  return method.reentrant || within.every((mode) => mode === "read");
}

/** The refusal of a call that came back. */
export function reentrantCall(chain: readonly string[], label: string, object: string, callId: string): GoverseError {
  const path = [...pathOf(chain), object];
  return new GoverseError(
    "REENTRANT_CALL",
    `${label} came back to ${object} in the middle of its turn: ${path.join(" → ")}; declare the method reentrant, or reply first`,
    { callId, path },
  );
}
