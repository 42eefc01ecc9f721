import { type Address, type Epoch, type ShardEntry, ShardMap } from "@goverse/core";
import type { KeyValue, LeaseId } from "./etcd/client.ts";
import type { Keys } from "./keys.ts";
import { type Member, parseMeta } from "./member.ts";
import type { KeyChange } from "./mirror.ts";

/** Who leads. */
export interface Leadership {
  readonly address: Address;
  /** Create revision of the leader's key: what its writes compare. */
  readonly revision: number;
  readonly modRevision: number;
  /** The leader's lease; its end ends the leadership. */
  readonly lease: LeaseId;
}

/** A shard's entry before and after a change. */
export interface ShardChange {
  readonly shard: number;
  readonly before: ShardEntry;
  readonly after: ShardEntry;
}

/** What a set of key changes meant. */
export interface StateChanges {
  readonly shards: readonly ShardChange[];
  /** A node or gate came, went, came back as another incarnation, or changed what it says of itself. */
  readonly members: boolean;
  readonly leader: boolean;
}

type Role = Member["role"];

/**
 * The cluster as etcd's keys describe it: members, leader and shards. Pure: it is told of changes and answers questions.
 */
export class ClusterState {
  readonly map: ShardMap;
  readonly #keys: Keys;
  readonly #incarnations: Readonly<Record<Role, Map<Address, Epoch>>> = { node: new Map(), gate: new Map() };
  readonly #meta = new Map<Address, ReturnType<typeof parseMeta>>();
  #members: Readonly<Record<Role, readonly Member[]>> = { node: [], gate: [] };
  #leader: Leadership | undefined;
  #membersVersion = 0;

  constructor(keys: Keys, shardCount: number) {
    this.#keys = keys;
    this.map = new ShardMap(shardCount);
  }

  /** All registered nodes, in order of addresses. */
  get nodes(): readonly Member[] {
    return this.#members.node;
  }

  /** All registered gates, in order of addresses. */
  get gates(): readonly Member[] {
    return this.#members.gate;
  }

  get leader(): Leadership | undefined {
    return this.#leader;
  }

  /** Grows with every change of the members. */
  get membersVersion(): number {
    return this.#membersVersion;
  }

  /** The incarnation of the node registered at `address` now. */
  readonly incarnationOf = (address: Address): Epoch | undefined => this.#incarnations.node.get(address);

  /** Number of shards that a living node owns. */
  ownedShards(): number {
    let owned = 0;
    for (const [address, incarnation] of this.#incarnations.node) owned += this.map.ownedBy(address, incarnation);
    return owned;
  }

  /** Takes over newer versions of keys, from the mirror or from the answer to an own transaction. */
  apply(changes: readonly KeyChange[]): StateChanges {
    const shards: ShardChange[] = [];
    let members = false;
    let leader = false;
    for (const change of changes) {
      const key = this.#keys.parse(change.key);
      if (key === undefined || key.kind === "config") continue;
      if ("shard" in key) {
        const moved = this.#applyShard(key.kind, key.shard, change);
        if (moved !== undefined) shards.push(moved);
      } else if (key.kind === "leader") {
        this.#leader = leadershipOf(change.kv);
        leader = true;
      } else {
        this.#applyMember(key.kind, key.address, change.kv);
        members = true;
      }
    }
    if (members) this.#rebuildMembers();
    return { shards, members, leader };
  }

  #applyShard(kind: "shard" | "epoch", shard: number, { modRevision, kv }: KeyChange): ShardChange | undefined {
    const before = this.map.get(shard);
    const isNews =
      kind === "shard"
        ? this.map.applyShard(shard, modRevision, kv?.value)
        : this.map.applyEpoch(shard, modRevision, kv?.value);
    return isNews ? { shard, before, after: this.map.get(shard) } : undefined;
  }

  #applyMember(kind: Role | "meta", address: Address, kv: KeyValue | undefined): void {
    if (kind === "meta") {
      if (kv === undefined) this.#meta.delete(address);
      else this.#meta.set(address, parseMeta(kv.value));
    } else if (kv === undefined) this.#incarnations[kind].delete(address);
    else this.#incarnations[kind].set(address, kv.createRevision);
  }

  #rebuildMembers(): void {
    this.#membersVersion += 1;
    this.#members = { node: this.#listMembers("node"), gate: this.#listMembers("gate") };
  }

  #listMembers(role: Role): Member[] {
    const members = [...this.#incarnations[role]].map(([address, incarnation]) => {
      const { meta, draining = false } = this.#meta.get(address) ?? { meta: undefined };
      return { address, role, incarnation, meta, draining };
    });
    return members.sort((a, b) => (a.address < b.address ? -1 : 1));
  }
}

function leadershipOf(kv: KeyValue | undefined): Leadership | undefined {
  return kv === undefined
    ? undefined
    : { address: kv.value as Address, revision: kv.createRevision, modRevision: kv.modRevision, lease: kv.lease };
}
