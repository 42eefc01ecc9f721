import type { Clock, Logger, Ownership, PushSink } from "@goverse/core";
import type { ObjectCounts } from "@goverse/metrics";
import type { BoundedLog } from "./bounded-log.ts";
import type { NodeLimits } from "./limits.ts";
import type { NodeMetrics } from "./node-metrics.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";
import type { Turn } from "./turn.ts";

/** What the parts of a node share. */
export interface Services {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For what calls can cause in any number. */
  readonly callLog: BoundedLog;
  readonly ownership: Ownership;
  readonly calls: OutgoingCalls;
  readonly pushes: PushSink;
  readonly metrics: NodeMetrics;
  readonly counts: ObjectCounts;
  readonly limits: NodeLimits;
  /** The id of a turn in chains; the same one each time. */
  readonly identify: (turn: Turn) => string;
}

/** Whether the object of a turn is still owned as it was when the turn began. Reads the clock afresh. */
export function isOwned(turn: Turn, services: Pick<Services, "ownership">): boolean {
  const { cell } = turn;
  return cell.status !== "gone" && services.ownership.epochOf(cell.place) === cell.epoch;
}
