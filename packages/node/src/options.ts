import type { Address, AnyImplementation, Clock, Epoch, Logger, Ownership, PushSink } from "@goverse/core";
import type { NodeLimits } from "./limits.ts";
import type { NodeMetrics } from "./node-metrics.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";

/** Options of a `Node`. */
export interface NodeOptions {
  /** Under which address others reach this process; in every log line. */
  readonly address: Address;
  /** Number of shards of the cluster, the same everywhere. Default 8192. */
  readonly shardCount?: number;
  /** Types to register at once; more can follow with `register`. */
  readonly implementations?: readonly AnyImplementation[];
  /** Asked before a turn starts and before its effects leave. */
  readonly ownership: Ownership;
  /** Carries the calls of `ctx.object()`. */
  readonly calls: OutgoingCalls;
  /** Takes the events of finished turns. */
  readonly pushes: PushSink;
  readonly metrics: NodeMetrics;
  /** The current registration of this process: the part of a turn id that makes it unique in the cluster. */
  readonly incarnation: () => Epoch;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Default: see `NodeLimits`. */
  readonly limits?: Partial<NodeLimits>;
}

/** An object in memory, for people who look. */
export interface ObjectInfo {
  readonly type: string;
  readonly id: string;
  /** When it came into memory, in milliseconds since 1970. */
  readonly activatedAtMs: number;
}

/** A turn in flight, for people who look. */
export interface TurnInfo {
  readonly type: string;
  readonly method: string;
  /** False while it waits in the mailbox. */
  readonly running: boolean;
  /** When the call arrived, on the clock's monotonic time. */
  readonly sinceMs: number;
}
