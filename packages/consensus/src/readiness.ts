import { MAX_SILENCE_MS } from "./mirror.ts";

/** Whether a process can do its work now, and if not, why not. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Everything that readiness depends on. */
export interface ReadinessInput {
  readonly role: "node" | "gate";
  readonly leaving: boolean;
  /** Registered, and the lease's deadline not passed. */
  readonly registered: boolean;
  readonly mirrorLive: boolean;
  /** Why the mirror could not connect last time; empty when it never failed. */
  readonly mirrorError: string;
  readonly viewAgeMs: number;
  readonly nodeCount: number;
  readonly shardCount: number;
  /** Shards that a living node owns. */
  readonly ownedShards: number;
  /** Claims of this process that are under way. */
  readonly pendingClaims: number;
  /** Whether this registration has seen every shard owned, with nothing left to claim. */
  readonly wasWhole: boolean;
}

const READY: Readiness = { ready: true };

/**
 * Ready: known to the others, seeing them as they are, and every shard has had an owner since. It goes back to not ready when it is
 * not known or does not see; not for shards that change hands or whose node died: calls to those wait, those to all others are
 * served, and taking every process out of service for them would make a small failure a large one.
 */
export function readiness(input: ReadinessInput): Readiness {
  const reason = reasonAgainst(input);
  return reason === undefined ? READY : { ready: false, reason };
}

function reasonAgainst(input: ReadinessInput): string | undefined {
  if (input.leaving) return "stopping";
  if (!input.registered) return "not registered in etcd";
  if (!input.mirrorLive) return ["not connected to etcd", input.mirrorError].filter((part) => part !== "").join(": ");
  if (input.viewAgeMs > MAX_SILENCE_MS) return `etcd has been silent for ${Math.round(input.viewAgeMs / 1000)} s`;
  if (input.nodeCount === 0) return "no node is registered";
  if (input.wasWhole) return undefined;
  const unowned = input.shardCount - input.ownedShards;
  if (unowned > 0) return `${unowned} of ${input.shardCount} shards have no owner yet`;
  if (input.pendingClaims > 0) return `claiming ${input.pendingClaims} shards`;
  return undefined;
}
