import { claimGround, type Epoch, type IncarnationOf, mustHandOver, type Self, type ShardEntry } from "@goverse/core";

/** What a node knows when it looks at shards. */
export interface ShardContext {
  readonly self: Self;
  readonly incarnationOf: IncarnationOf;
  /** This process is leaving: it claims nothing. */
  readonly leaving: boolean;
}

/**
 * What a node should do about one shard now.
 * @param releaseMark Epoch at which this process last began to release it; 0 if never.
 */
export function decideShard(
  entry: ShardEntry,
  releaseMark: Epoch,
  context: ShardContext,
): "claim" | "hand-over" | undefined {
  const { self, incarnationOf, leaving } = context;
  if (mustHandOver(entry, self)) return "hand-over";
  if (leaving) return undefined;
  return claimGround(entry, self, releaseMark, incarnationOf) === undefined ? undefined : "claim";
}

/** Without news of nodes for this long, those that start together are all there: a starting cluster is dealt, a running one is rebalanced. */
export const QUIET_MS = 300;
/** How long the leader of a starting cluster waits for the expected number of nodes before it deals to those that came. */
export const EXPECT_NODES_TIMEOUT_MS = 10_000;

/** What a leader knows when it asks itself whether to plan. */
export interface LeaderContext {
  readonly nowMs: number;
  /** When the set of nodes last changed (monotonic). */
  readonly nodesChangedAtMs: number;
  /** When this process became leader (monotonic). */
  readonly leaderSinceMs: number;
  /** Nodes that can own shards. */
  readonly nodeCount: number;
  /** Shards that a living node owns; 0 in a cluster that is starting. */
  readonly served: number;
  readonly expectNodes: number | undefined;
}

/** Whether to plan now, and when to ask again if nothing happens before. */
export type LeaderDecision =
  | { readonly kind: "wait"; readonly untilMs: number; readonly reason: "settling" | "awaiting-nodes" }
  | { readonly kind: "plan"; readonly mayRebalance: boolean; readonly againAtMs: number | undefined };

/**
 * Decides whether a leader should plan. Shards without a living target are dealt at once, except while nobody serves anything yet:
 * the first node of a starting cluster would get everything, to give most of it away again. Rebalancing always waits for quiet.
 */
export function decideLeader(context: LeaderContext): LeaderDecision {
  const { nowMs, nodesChangedAtMs, leaderSinceMs, nodeCount, served, expectNodes } = context;
  const quietAtMs = nodesChangedAtMs + QUIET_MS;
  if (served > 0) {
    const isQuiet = nowMs >= quietAtMs;
    return { kind: "plan", mayRebalance: isQuiet, againAtMs: isQuiet ? undefined : quietAtMs };
  }
  if (expectNodes !== undefined) {
    const giveUpAtMs = leaderSinceMs + EXPECT_NODES_TIMEOUT_MS;
    if (nodeCount >= expectNodes || nowMs >= giveUpAtMs) {
      return { kind: "plan", mayRebalance: true, againAtMs: undefined };
    }
    return { kind: "wait", untilMs: giveUpAtMs, reason: "awaiting-nodes" };
  }
  if (nowMs < quietAtMs) return { kind: "wait", untilMs: quietAtMs, reason: "settling" };
  return { kind: "plan", mayRebalance: true, againAtMs: undefined };
}
