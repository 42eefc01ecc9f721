import { type Address, type Epoch, liveOwner, ownerOf, type Place, type ShardEntry } from "@goverse/core";
import type { ClusterState } from "./cluster-state.ts";
import type { Member } from "./member.ts";

/** Where a place is. */
export type Location =
  | {
      readonly owner: Address;
      /** Fencing token of the ownership. */
      readonly epoch: Epoch;
      readonly incarnation: Epoch;
    }
  | {
      readonly owner: undefined;
      /** The node that should become the owner, when it is alive: calls may wait there. */
      readonly target: Address | undefined;
      /** For people: why nobody owns it now. */
      readonly reason: string;
    };

/** The cluster as this process sees it: see {@link ageMs} for how old that is. */
export interface ClusterView {
  /** Registered nodes, in order of addresses. The same array until something changes. */
  nodes(): readonly Member[];
  /** Registered gates, in order of addresses. */
  gates(): readonly Member[];
  /** The owner of a place. A shard on its way is located at its owner until that has released it. */
  locate(place: Place): Location;
  /** Whether a node or gate is registered at the address. */
  isAlive(address: Address): boolean;
  /** The incarnation of the node registered at the address; `undefined` when there is none. */
  incarnationOf(address: Address): Epoch | undefined;
  /** The leader's address. */
  leader(): Address | undefined;
  /** Milliseconds since etcd last answered; `Infinity` before the first time. */
  ageMs(): number;
}

/** A view of `state`, which is kept up to date elsewhere. */
export function clusterView(state: ClusterState, ageMs: () => number): ClusterView {
  return {
    nodes: () => state.nodes,
    gates: () => state.gates,
    locate: (place) => (place.kind === "node" ? locateNode(state, place.address) : locateShard(state, place.shard)),
    isAlive: (address) =>
      state.incarnationOf(address) !== undefined || state.gates.some((gate) => gate.address === address),
    incarnationOf: state.incarnationOf,
    leader: () => state.leader?.address,
    ageMs,
  };
}

function locateNode(state: ClusterState, address: Address): Location {
  const incarnation = state.incarnationOf(address);
  if (incarnation !== undefined) return { owner: address, epoch: incarnation, incarnation };
  return { owner: undefined, target: undefined, reason: `node ${address} is not registered` };
}

function locateShard(state: ClusterState, shard: number): Location {
  const entry = state.map.get(shard);
  const owner = liveOwner(entry, state.incarnationOf);
  if (owner !== undefined) return { owner: owner.address, epoch: entry.epoch, incarnation: owner.incarnation };
  const target =
    entry.target !== undefined && state.incarnationOf(entry.target) !== undefined ? entry.target : undefined;
  return { owner: undefined, target, reason: whyUnowned(shard, entry) };
}

function whyUnowned(shard: number, entry: ShardEntry): string {
  if (entry.target === undefined) return `no node has been chosen for shard ${shard}`;
  const dead = ownerOf(entry);
  if (dead !== undefined) return `shard ${shard} was owned by ${dead.address}, which is gone`;
  return `shard ${shard} has not been claimed by ${entry.target} yet`;
}
