import { type Clock, invalidArgument, type Logger, silentLogger } from "@goverse/core";
import type { ClientOptions } from "./client.ts";
import { clientClock } from "./client-clock.ts";

/** Options with everything decided. */
export interface ResolvedOptions {
  readonly gates: readonly string[];
  readonly maxReplyBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** A payload of 4 MiB, gRPC's customary limit, and its envelope. */
const DEFAULT_MAX_REPLY_BYTES = 4 * 1024 * 1024 + 64 * 1024;
/** Most gate addresses: each may be tried in one call. */
const MAX_GATES = 100;

/**
 * Decides what the options leave open.
 * @throws GoverseError `INVALID_ARGUMENT` for wrong ones.
 */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { gates, maxReplyBytes = DEFAULT_MAX_REPLY_BYTES } = options;
  if (!Array.isArray(gates) || gates.length === 0 || gates.length > MAX_GATES) {
    throw invalidArgument("gates", gates, `give a list of 1 to ${MAX_GATES} gate addresses`);
  }
  if (!Number.isInteger(maxReplyBytes) || maxReplyBytes < 1) {
    throw invalidArgument("maxReplyBytes", maxReplyBytes, "give a whole number of bytes, at least 1");
  }
  return {
    gates: [...gates],
    maxReplyBytes,
    clock: options.clock ?? clientClock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
  };
}
