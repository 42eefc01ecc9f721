import { type EtcdClock, type EtcdLogger, systemClock } from "./ports.ts";
import { DEFAULT_MAX_HISTORY_EVENTS } from "./store/etcd-store.ts";

/** etcd's own interval between progress notifications. */
const DEFAULT_PROGRESS_NOTIFY_INTERVAL_MS = 10 * 60 * 1000;
const MAX_PORT = 65_535;
/** Fewer would compact away what a watch is about to read. */
const MIN_HISTORY_EVENTS = 2;
const LOOPBACK = "127.0.0.1";

/** How to start an embedded etcd. All options have defaults. */
export interface EmbeddedEtcdOptions {
  /** Address to listen on; default `"localhost"`, which means 127.0.0.1. There is no authentication: keep it on loopback. */
  readonly host?: string;
  /** Port to listen on; default 0, a free one. */
  readonly port?: number;
  /** Source of time for leases and progress notifications; default the system's. */
  readonly clock?: EtcdClock;
  /** Start in spite of `NODE_ENV=production`; default false. */
  readonly force?: boolean;
  readonly logger?: EtcdLogger;
  /** Time between progress notifications to watches that asked for them, in milliseconds; default 10 minutes, as etcd. */
  readonly progressNotifyIntervalMs?: number;
  /** Writes kept for watches that start in the past, at least 2; default 100,000. Older ones are compacted. */
  readonly maxHistoryEvents?: number;
}

/** Options after defaults and checks. */
export interface ResolvedOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: EtcdClock;
  readonly logger: EtcdLogger | undefined;
  readonly progressNotifyIntervalMs: number;
  readonly maxHistoryEvents: number;
}

/** Checks the options and fills in the defaults. Throws a `TypeError` that names the option, its value and the remedy. */
export function resolveOptions(options: EmbeddedEtcdOptions, nodeEnv: string | undefined): ResolvedOptions {
  if (nodeEnv === "production" && options.force !== true) {
    throw new Error(
      "embedded etcd: refusing to start with NODE_ENV=production, because it is neither durable nor replicated: what it stores " +
        "ends with this process. Use a real etcd cluster, or set the option force to true if losing everything is acceptable.",
    );
  }
  const host = options.host ?? "localhost";
  if (host === "") throw new TypeError('embedded etcd: option host = "" is not an address. Leave it out for loopback.');
  return {
    host: host === "localhost" ? LOOPBACK : host,
    port: integer("port", options.port ?? 0, 0, MAX_PORT, "Use 0 for a free one."),
    clock: options.clock ?? systemClock,
    logger: options.logger,
    progressNotifyIntervalMs: integer(
      "progressNotifyIntervalMs",
      options.progressNotifyIntervalMs ?? DEFAULT_PROGRESS_NOTIFY_INTERVAL_MS,
      1,
      2 ** 31 - 1,
      "Leave it out for 10 minutes.",
    ),
    maxHistoryEvents: integer(
      "maxHistoryEvents",
      options.maxHistoryEvents ?? DEFAULT_MAX_HISTORY_EVENTS,
      MIN_HISTORY_EVENTS,
      Number.MAX_SAFE_INTEGER,
      `Leave it out for ${DEFAULT_MAX_HISTORY_EVENTS}.`,
    ),
  };
}

function integer(name: string, value: number, min: number, max: number, remedy: string): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new TypeError(
    `embedded etcd: option ${name} = ${value} is not a whole number from ${min} to ${max}. ${remedy}`,
  );
}
