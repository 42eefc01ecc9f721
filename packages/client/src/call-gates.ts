import { GoverseError, retryPauseMs } from "@goverse/core";
import type { CallScope } from "./call-scope.ts";

/** One call and the gates it may go through. */
export interface GatesCall<Reply> {
  readonly gateCount: number;
  /** Which gate to try first. */
  readonly firstGate: number;
  /** Sends the call once. Its errors decide whether there is another attempt. */
  readonly send: (gate: number) => Promise<Reply>;
  /** Whether the call may be sent again when nobody knows if it ran. */
  readonly repeatable: boolean;
  readonly scope: CallScope;
  readonly random: () => number;
  /** Which gate the next call had better start with. */
  readonly onPreferred: (gate: number) => void;
}

/**
 * Sends a call until a gate has taken it or the deadline passes, one gate after the other. Only what provably did not start is sent
 * again, and besides it `repeatable` calls of unknown outcome.
 * @throws GoverseError the last refusal when there is no time for another attempt, `DEADLINE_EXCEEDED` when the time is up in the
 * middle of one, `CANCELLED`.
 */
export async function callGates<Reply>(call: GatesCall<Reply>): Promise<Reply> {
  const { scope, gateCount } = call;
  let last: GoverseError | undefined;
  for (let attempt = 0; ; attempt += 1) {
    if (scope.failure !== undefined) throw withRefusal(scope.failure, last);
    const gate = (call.firstGate + attempt) % gateCount;
    const outcome = await attemptOnce(call, gate);
    if ("reply" in outcome) return outcome.reply;
    if (outcome.final) throw withRefusal(outcome.error, last);
    last = outcome.error;
    const pauseMs = Math.max(retryPauseMs(attempt, call.random()), last.details.retryAfterMs ?? 0);
    if (pauseMs >= scope.remainingMs) throw last;
    await scope.pause(pauseMs);
  }
}

type Outcome<Reply> = { readonly reply: Reply } | { readonly error: GoverseError; readonly final: boolean };

async function attemptOnce<Reply>(
  { send, scope, repeatable, gateCount, onPreferred }: GatesCall<Reply>,
  gate: number,
): Promise<Outcome<Reply>> {
  try {
    const reply = await send(gate);
    onPreferred(gate);
    return { reply };
  } catch (thrown) {
    const error = scope.failure ?? GoverseError.from(thrown);
    // A gate that is away, or whose machine is gone without a word, must not be in the way of the next call.
    onPreferred(NO_ANSWER.has(error.code) ? (gate + 1) % gateCount : gate);
    const again = error.notStarted || (error.code === "UNKNOWN_OUTCOME" && repeatable);
    return { error, final: scope.failure !== undefined || !again };
  }
}

/** A passed deadline alone does not say what stood in the way. */
function withRefusal(error: GoverseError, last: GoverseError | undefined): GoverseError {
  if (error.code !== "DEADLINE_EXCEEDED" || last === undefined) return error;
  return new GoverseError(error.code, `${error.message}; before, ${last.message}`, error.details, { cause: last });
}

const NO_ANSWER: ReadonlySet<string> = new Set(["UNAVAILABLE", "UNKNOWN_OUTCOME", "DEADLINE_EXCEEDED"]);
