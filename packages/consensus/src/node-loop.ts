import { type Epoch, ownerOf, type Self } from "@goverse/core";
import { Alarm } from "./alarm.ts";
import { Campaign } from "./campaign.ts";
import { Claimer, type WriterOptions } from "./claimer.ts";
import type { Leadership, StateChanges } from "./cluster-state.ts";
import { decideLeader, decideShard, type ShardContext } from "./decide.ts";
import type { LeaseId } from "./etcd/client.ts";
import { HandOver } from "./hand-over.ts";
import { Leader } from "./leader.ts";
import type { ResolvedOptions } from "./options.ts";
import { UnclaimedShards } from "./unclaimed.ts";

/** What a node's part in the cluster needs. */
export interface NodeLoopOptions
  extends
    Omit<WriterOptions, "releaseMark" | "lookAgain">,
    Pick<ResolvedOptions, "holder" | "metrics" | "imbalanceTolerance" | "expectNodes" | "stuckShardMs"> {
  readonly leaseId: () => LeaseId | undefined;
  /** Called at the end of every pass. */
  readonly onPass: () => void;
}

/**
 * A node's reactions: after every batch of news one pass looks at what changed, decides, and hands the deeds to those who do them.
 * Nothing here waits for a tick; timers exist only for what is due without an event.
 */
export class NodeLoop {
  readonly #options: NodeLoopOptions;
  readonly #claimer: Claimer;
  readonly #handOver: HandOver;
  readonly #leader: Leader;
  readonly #unclaimed: UnclaimedShards;
  readonly #alarm: Alarm;
  readonly #campaign: Campaign;
  readonly #dirty = new Set<number>();
  #isPassPlanned = false;
  #stopped = false;
  #leaving = false;
  /** The set of nodes, as text, to tell whether it has changed. */
  #nodes = "";
  #membersVersion = -1;
  #nodesChangedAtMs: number;
  #leadership: Leadership | undefined;
  #leaderSinceMs = 0;
  /** What the last plan was made from. */
  #planned = "";

  constructor(options: NodeLoopOptions) {
    this.#options = options;
    const writer: WriterOptions = {
      ...options,
      releaseMark: (shard) => this.releaseMark(shard),
      lookAgain: (shards) => this.#lookAgain(shards),
    };
    this.#claimer = new Claimer(writer);
    this.#handOver = new HandOver({
      ...writer,
      holder: options.holder,
      wanted: (shard) => this.#decide(shard) === "hand-over",
      heldEpoch: (shard) => this.#heldEpoch(shard),
    });
    this.#leader = new Leader({ ...writer, ...options });
    this.#unclaimed = new UnclaimedShards(options.state, options.stuckShardMs);
    this.#alarm = new Alarm(options.clock, () => this.wake());
    this.#campaign = new Campaign(options, () => this.wake());
    this.#nodesChangedAtMs = options.clock.monotonicMs();
  }

  /** Epoch at which this process last began to release the shard, 0 if never. */
  releaseMark(shard: number): Epoch {
    return this.#handOver.releaseMark(shard);
  }

  /** Claims under way. */
  get pendingClaims(): number {
    return this.#claimer.pending;
  }

  /** Whether nothing is held and nothing is under way. */
  get isEmpty(): boolean {
    const self = this.#options.self();
    if (self === undefined) return true;
    const owned = this.#options.state.map.ownedBy(self.address, self.incarnation);
    return owned === 0 && this.#claimer.pending === 0 && this.#handOver.pending === 0;
  }

  /** News: a pass will look at it. */
  onChanges({ shards }: StateChanges): void {
    for (const { shard } of shards) this.#dirty.add(shard);
    this.wake();
  }

  /** This process is a new incarnation: everything may concern it. */
  onRegistered(): void {
    this.#lookAtAll();
  }

  /** It is nobody any more. */
  onLost(): void {
    this.#claimer.clear();
    this.#handOver.clear();
  }

  /** Claims nothing more and gives everything away. */
  leave(): void {
    this.#leaving = true;
    this.#lookAtAll();
  }

  /** Whether no other node stays that could take shards over. */
  get isAlone(): boolean {
    const me = this.#options.self();
    return this.#options.state.nodes.every(({ address, draining }) => draining || address === me?.address);
  }

  /**
   * Brings the objects of what is left to rest, for nobody: the end of the registration frees the shards, without a write for each.
   * Rejects when they do not come to rest.
   */
  async rest(): Promise<void> {
    await this.#options.holder.drain(this.#held());
  }

  /** Drops what is left without waiting for anybody. */
  abandon(): void {
    const left = this.#held();
    if (left.length === 0) return;
    this.#options.logger.warn("leaving without having handed over everything", { shards: left.length });
    this.#options.holder.drop(left);
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm.cancel();
  }

  /** Plans a pass; many calls before it make one. */
  wake(): void {
    if (this.#isPassPlanned || this.#stopped) return;
    this.#isPassPlanned = true;
    setImmediate(() => {
      this.#isPassPlanned = false;
      if (!this.#stopped) this.#pass();
    });
  }

  #pass(): void {
    const self = this.#options.self();
    this.#noticeNodes();
    this.#noticeLeadership(self);
    if (self !== undefined) {
      this.#lookAtShards();
      if (!this.#leaving) this.#campaign.run(self);
      this.#lead(self);
    }
    this.#options.onPass();
  }

  /** A node that came or went may concern any shard. */
  #noticeNodes(): void {
    const { state, clock } = this.#options;
    if (state.membersVersion === this.#membersVersion) return;
    this.#membersVersion = state.membersVersion;
    const nodes = state.nodes.map(({ address, incarnation, draining }) => `${address},${incarnation},${draining}`);
    const text = nodes.join(" ");
    if (text === this.#nodes) return;
    this.#nodes = text;
    this.#nodesChangedAtMs = clock.monotonicMs();
    this.#lookAtAll();
  }

  #noticeLeadership(self: Self | undefined): void {
    const { state, clock, logger } = this.#options;
    const { leader } = state;
    // A key from before this registration is an earlier incarnation's.
    const isMine = self !== undefined && leader?.address === self.address && leader.revision > self.incarnation;
    const mine = isMine ? leader : undefined;
    if (mine?.revision === this.#leadership?.revision) return;
    this.#leadership = mine;
    this.#unclaimed.clear();
    this.#planned = "";
    if (mine === undefined) return;
    this.#leaderSinceMs = clock.monotonicMs();
    logger.info("leading the cluster");
    this.#lookAtAll();
  }

  #lookAtShards(): void {
    const claims: number[] = [];
    const releases: number[] = [];
    const nowMs = this.#options.clock.monotonicMs();
    const context = this.#shardContext();
    if (context === undefined) return;
    for (const shard of this.#dirty) {
      if (this.#leadership !== undefined) this.#unclaimed.look(shard, nowMs);
      if (this.#claimer.isBusy(shard) || this.#handOver.isBusy(shard)) continue;
      const decision = this.#decideIn(context, shard);
      if (decision === "claim") claims.push(shard);
      else if (decision === "hand-over") releases.push(shard);
    }
    this.#dirty.clear();
    if (claims.length > 0) this.#claimer.claim(claims);
    if (releases.length > 0) this.#handOver.release(releases);
  }

  #decide(shard: number): "claim" | "hand-over" | undefined {
    const context = this.#shardContext();
    return context === undefined ? undefined : this.#decideIn(context, shard);
  }

  #decideIn(context: ShardContext, shard: number): "claim" | "hand-over" | undefined {
    return decideShard(this.#options.state.map.get(shard), this.releaseMark(shard), context);
  }

  #shardContext(): ShardContext | undefined {
    const { self, state } = this.#options;
    const me = self();
    if (me === undefined) return undefined;
    return {
      self: me,
      incarnationOf: state.incarnationOf,
      leaving: this.#leaving,
    };
  }

  #held(): number[] {
    const held: number[] = [];
    for (let shard = 0; shard < this.#options.state.map.shardCount; shard += 1) {
      if (this.#heldEpoch(shard) !== undefined) held.push(shard);
    }
    return held;
  }

  #heldEpoch(shard: number): Epoch | undefined {
    const me = this.#options.self();
    const entry = this.#options.state.map.get(shard);
    const owner = ownerOf(entry);
    if (me === undefined || owner === undefined) return undefined;
    return owner.address === me.address && owner.incarnation === me.incarnation ? entry.epoch : undefined;
  }

  #lead(self: Self): void {
    const { state, clock, expectNodes } = this.#options;
    const leadership = this.#leadership;
    if (leadership === undefined || this.#leader.writing) return;
    const nowMs = clock.monotonicMs();
    const decision = decideLeader({
      nowMs,
      nodesChangedAtMs: this.#nodesChangedAtMs,
      leaderSinceMs: this.#leaderSinceMs,
      nodeCount: state.nodes.filter(({ draining }) => !draining).length,
      served: state.ownedShards(),
      expectNodes,
    });
    if (decision.kind === "wait") {
      this.#alarm.setBy(decision.untilMs);
      return;
    }
    if (decision.againAtMs !== undefined) this.#alarm.setBy(decision.againAtMs);
    const stuck = this.#unclaimed.takeStuck(nowMs);
    const suspects = this.#unclaimed.suspects(nowMs);
    const nextAtMs = this.#unclaimed.nextAtMs();
    if (nextAtMs !== undefined) this.#alarm.setBy(nextAtMs);
    const basis = `${state.map.targetVersion} ${this.#nodes} ${decision.mayRebalance} ${[...suspects].join()}`;
    if (basis === this.#planned && stuck.size === 0) return;
    this.#planned = basis;
    void this.#leader
      .planAndWrite(self, leadership, { mayRebalance: decision.mayRebalance, stuck, suspects })
      .then((isDone) => {
        if (!isDone) this.#planned = "";
        this.wake();
      });
  }

  #lookAgain(shards: readonly number[]): void {
    for (const shard of shards) this.#dirty.add(shard);
    this.wake();
  }

  #lookAtAll(): void {
    for (let shard = 0; shard < this.#options.state.map.shardCount; shard += 1) this.#dirty.add(shard);
    this.wake();
  }
}
