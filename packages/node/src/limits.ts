import { invalidArgument } from "@goverse/core";

/** Bounds of a node. Every default can be replaced, none can be switched off. */
export interface NodeLimits {
  /**
   * Calls that may wait for one object. Default 1,000: at 1 ms a turn the last one waits a second, and a caller who would wait
   * longer is better told at once.
   */
  readonly mailboxCapacity: number;
  /** Events one turn may hold back. Default 10,000: far above what a turn means to send, far below what exhausts memory. */
  readonly outboxMessages: number;
  /** Bytes of events, recipients included, that one turn may hold back. Default 8 MiB. */
  readonly outboxBytes: number;
  /** How long a drain waits for running turns, in milliseconds. Default 2,000: callers of the shard wait as long. */
  readonly drainLimitMs: number;
  /** How long `onDeactivate` may take before the object is forgotten without it, in milliseconds. Default 2,000. */
  readonly deactivateLimitMs: number;
}

const DEFAULT_LIMITS: NodeLimits = {
  mailboxCapacity: 1_000,
  outboxMessages: 10_000,
  outboxBytes: 8 * 1024 * 1024,
  drainLimitMs: 2_000,
  deactivateLimitMs: 2_000,
};

/** Time a call has when its caller named none, in milliseconds: longer than any healthy turn, short enough that nothing waits for ever. */
export const DEFAULT_CALL_TIMEOUT_MS = 10_000;

/** Most turns in one chain of calls. Deeper means objects that call each other without end. */
export const MAX_CHAIN_DEPTH = 32;

/**
 * Fills in the defaults.
 * @throws GoverseError `INVALID_ARGUMENT` for a limit that is not a positive whole number.
 */
export function resolveLimits(given: Partial<NodeLimits> = {}): NodeLimits {
  const limits: NodeLimits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalidArgument(`limits.${name}`, value, "give a positive whole number");
    }
  }
  return limits;
}
