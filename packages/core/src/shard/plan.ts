import type { Address } from "../address.ts";
import { assignOrphans, reassignStuck } from "./assign.ts";
import { shares, spread } from "./balance.ts";
import { type AssignReason, placeShards, type Placement, type PlanNode } from "./placement.ts";
import { rebalance } from "./rebalance.ts";
import type { ShardMap } from "./shard-map.ts";

/** Everything a plan depends on. */
export interface PlanState {
  readonly map: ShardMap;
  /** All registered nodes, leaving ones included, in any order. */
  readonly nodes: readonly PlanNode[];
  /** Shards that a living target has not claimed in time. Default: none. */
  readonly stuck?: ReadonlySet<number>;
  /**
   * Whether shards may be taken from nodes that are alive and staying. Default `true`; `false` while nodes are still coming and
   * going, when only shards without a node are dealt.
   */
  readonly mayRebalance?: boolean;
  /**
   * Difference between the fullest and the emptiest node that is left alone, as a fraction of an equal share (0.2 = 20 %).
   * Default 0: balanced to one shard.
   */
  readonly imbalanceTolerance?: number;
}

/** A shard's new target. */
export interface Assignment {
  readonly shard: number;
  readonly target: Address;
  readonly reason: AssignReason;
}

/** Why a plan did, or did not, do something: to be counted and logged. */
export type PlanReason =
  | AssignReason
  /** Nothing to do: every shard has a node, and the nodes have equal shares. */
  | "balanced"
  /** There is no node to give shards to. */
  | "no-nodes"
  /** Unequal, but within what is tolerated. */
  | "within-tolerance"
  /** Unequal, but nodes are still coming and going. */
  | "settling"
  /** Not claimed in time, but there is no other node. */
  | "stuck-alone";

/** One reason, and how many shards it concerned. */
export interface PlanDecision {
  readonly reason: PlanReason;
  readonly count: number;
  readonly level: "debug" | "info" | "warn";
}

/** What the leader should write. */
export interface Plan {
  /** In order of shard numbers; only shards whose target changes. */
  readonly assignments: readonly Assignment[];
  /** Never empty. */
  readonly decisions: readonly PlanDecision[];
}

const LEVELS: Readonly<Record<PlanReason, PlanDecision["level"]>> = {
  unassigned: "info",
  returned: "info",
  "node-dead": "info",
  "node-draining": "info",
  "pinned-failover": "warn",
  stuck: "warn",
  rebalance: "info",
  balanced: "debug",
  "no-nodes": "warn",
  "within-tolerance": "debug",
  settling: "debug",
  "stuck-alone": "warn",
};

/**
 * Decides which node should own each shard: balanced to one shard as far as pinned ones allow, with as few moves as that takes.
 * Pure and deterministic: the same state gives the same plan, and a plan carried out gives an empty next one.
 */
export function plan(state: PlanState): Plan {
  const placement = placeShards(state.map, state.nodes);
  if (placement.nodes.length === 0) return { assignments: [], decisions: [decision("no-nodes", state.map.shardCount)] };
  const alone = reassignStuck(placement, state.stuck ?? []);
  const share = shares(placement.counts, placement.pinned, state.map.shardCount, placement.closed);
  assignOrphans(placement, share);
  const hold = holdRebalance(state, placement, share);
  if (hold === undefined) rebalance(state.map, placement, share);
  const assignments = changes(state.map, placement);
  const decisions = [...countReasons(assignments)].map(([reason, count]) => decision(reason, count));
  if (alone > 0) decisions.push(decision("stuck-alone", alone));
  if (hold !== undefined) decisions.push(hold);
  if (decisions.length === 0) decisions.push(decision("balanced", state.map.shardCount));
  return { assignments, decisions };
}

/** Why an imbalance is left alone, `undefined` when there is none or it is to be mended. */
function holdRebalance(state: PlanState, placement: Placement, share: readonly number[]): PlanDecision | undefined {
  const surplus = placement.counts.reduce((sum, count, node) => sum + Math.max(0, count - (share[node] ?? 0)), 0);
  if (surplus === 0) return undefined;
  if (state.mayRebalance === false) return decision("settling", surplus);
  const tolerated = ((state.imbalanceTolerance ?? 0) * state.map.shardCount) / placement.nodes.length;
  const unequal = spread(placement.counts);
  return unequal > 1 && unequal <= tolerated ? decision("within-tolerance", surplus) : undefined;
}

function changes(map: ShardMap, placement: Placement): Assignment[] {
  const assignments: Assignment[] = [];
  for (const [shard, reason] of [...placement.reasons].sort(([a], [b]) => a - b)) {
    const target = placement.nodes[placement.nodeOf[shard] ?? -1]?.address;
    if (target !== undefined && target !== map.get(shard).target) assignments.push({ shard, target, reason });
  }
  return assignments;
}

function countReasons(assignments: readonly Assignment[]): Map<AssignReason, number> {
  const counts = new Map<AssignReason, number>();
  for (const { reason } of assignments) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

function decision(reason: PlanReason, count: number): PlanDecision {
  return { reason, count, level: LEVELS[reason] };
}
