import { type Epoch, ownedEpoch, type Ownership, type Place, type Self, sleep } from "@goverse/core";
import { announceLeave } from "./announce-leave.ts";
import { joinCluster } from "./cluster-config.ts";
import { ClusterState } from "./cluster-state.ts";
import { connectEtcd } from "./etcd/connect.ts";
import type { EtcdClient } from "./etcd/client.ts";
import { Incarnations } from "./incarnations.ts";
import { clusterKeys, type Keys } from "./keys.ts";
import { formatMeta, type Member } from "./member.ts";
import { type KeyChange, MAX_SILENCE_MS, Mirror } from "./mirror.ts";
import { NodeLoop } from "./node-loop.ts";
import { type ConsensusOptions, type ResolvedOptions, resolveOptions, type StopOptions } from "./options.ts";
import { noticeOwn } from "./own-change.ts";
import { type Readiness, readiness } from "./readiness.ts";
import { clusterView, type ClusterView } from "./view.ts";

/** Figures to be read when metrics are scraped. */
export interface ConsensusSummary {
  /** Shards this process owns. */
  readonly owned: number;
  /** Shards that the leader wants here. */
  readonly targeted: number;
  /** Shards of the whole cluster on their way between owners; `undefined` while the view is too old to tell. */
  readonly migrating: number | undefined;
  /** Shards of the whole cluster without a living owner; `undefined` while the view is too old to tell. */
  readonly unowned: number | undefined;
}

const DEFAULT_STOP_TIMEOUT_MS = 10_000;

/**
 * This process's part in the cluster: registered in etcd, seeing who else is, and, as a node, owning its share of the shards.
 *
 * It survives the loss of its lease: everything owned is dropped, and it registers again as a new incarnation.
 */
export class Consensus {
  /** What this process owns, checked against the clock at every question. */
  readonly ownership: Ownership;
  /** The cluster as this process sees it. */
  readonly view: ClusterView;
  readonly #options: ResolvedOptions;
  readonly #keys: Keys;
  readonly #client: EtcdClient;
  readonly #state: ClusterState;
  readonly #mirror: Mirror;
  readonly #incarnations: Incarnations;
  readonly #node: NodeLoop | undefined;
  readonly #listeners = new Set<() => void>();
  /** Asked at every pulse, also when nothing changed that others care about. */
  readonly #waiters = new Set<() => void>();
  #leaving = false;
  #stopping: Promise<void> | undefined;
  #hasNews = false;
  #lastReadiness = "";
  /** Whether this registration has seen every shard owned. */
  #wasWhole = false;

  /** @throws GoverseError `INVALID_ARGUMENT` for an option that makes no sense. */
  constructor(options: ConsensusOptions) {
    this.#options = resolveOptions(options);
    const { etcdPrefix, etcdEndpoints, shardCount, address, role } = this.#options;
    this.#keys = clusterKeys(etcdPrefix);
    this.#client = this.#options.client ?? connectEtcd({ endpoints: etcdEndpoints });
    this.#state = new ClusterState(this.#keys, shardCount);
    this.#mirror = new Mirror({
      ...this.#options,
      client: this.#client,
      prefix: this.#keys.prefix,
      onChanges: (changes) => this.#learn(changes),
      onPulse: () => this.#notify(),
    });
    this.#incarnations = new Incarnations({
      ...this.#options,
      ttlSeconds: this.#options.leaseTtlSeconds,
      client: this.#client,
      key: role === "node" ? this.#keys.node(address) : this.#keys.gate(address),
      meta: () => this.#meta(),
      onRegistered: () => this.#onRegistered(),
      onLost: (why) => this.#onLost(why),
    });
    this.#node = role === "node" ? this.#nodeLoop() : undefined;
    this.ownership = { epochOf: (place) => this.#epochOf(place) };
    this.view = clusterView(this.#state, () => this.#mirror.ageMs());
  }

  /** The registration of this process, `undefined` when it has none or the lease's deadline has passed. */
  get incarnation(): Epoch | undefined {
    return this.#incarnations.self?.incarnation;
  }

  /**
   * Connects, agrees on the shard count and registers. Resolves when registered; {@link readiness} follows.
   * @throws GoverseError `UNAVAILABLE` when etcd does not answer in time, or another living process has the address;
   * `INVALID_ARGUMENT` when the cluster has another shard count.
   */
  async start(): Promise<void> {
    try {
      this.#mirror.start();
      await joinCluster({ ...this.#options, client: this.#client, keys: this.#keys, wanted: () => !this.#leaving });
      await this.#incarnations.start();
    } catch (error) {
      await this.#tearDown();
      throw error;
    }
  }

  /**
   * Leaves: gives all shards to the others, then ends the registration. Resolves in any case, at the latest a little after the
   * time limit. Calling it again waits for the same end.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.timeoutMs ?? DEFAULT_STOP_TIMEOUT_MS);
    return this.#stopping;
  }

  /** Whether this process can do its work now. It goes back to not ready whenever it cannot. */
  readiness(): Readiness {
    const { role, shardCount } = this.#options;
    return readiness({
      role,
      leaving: this.#leaving,
      registered: this.#incarnations.self !== undefined,
      mirrorLive: this.#mirror.live,
      mirrorError: this.#mirror.lastError,
      viewAgeMs: this.#mirror.ageMs(),
      nodeCount: this.#state.nodes.length,
      shardCount,
      ownedShards: this.#state.ownedShards(),
      pendingClaims: this.#node?.pendingClaims ?? 0,
      wasWhole: this.#wasWhole,
    });
  }

  /** Calls `listener` after every change of the view or of readiness. Returns the way to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Figures for metrics, read when asked. */
  summary(): ConsensusSummary {
    const { map } = this.#state;
    const { address } = this.#options;
    const self = this.#incarnations.self;
    const isFresh = this.#mirror.live && this.#mirror.ageMs() <= MAX_SILENCE_MS;
    return {
      owned: self === undefined ? 0 : map.ownedBy(self.address, self.incarnation),
      targeted: map.targetedAt(address),
      migrating: isFresh ? map.migrating : undefined,
      unowned: isFresh ? map.shardCount - this.#state.ownedShards() : undefined,
    };
  }

  #nodeLoop(): NodeLoop {
    return new NodeLoop({
      ...this.#options,
      client: this.#client,
      keys: this.#keys,
      state: this.#state,
      self: () => this.#incarnations.self,
      leaseId: () => this.#incarnations.leaseId,
      learn: (changes) => this.#learn(changes),
      onPass: () => this.#notify(),
    });
  }

  #epochOf(place: Place): Epoch | undefined {
    const self = this.#incarnations.self;
    if (self === undefined) return undefined;
    if (place.kind === "node") return place.address === self.address ? self.incarnation : undefined;
    return ownedEpoch(this.#state.map.get(place.shard), self, this.#node?.releaseMark(place.shard) ?? 0);
  }

  #meta(): readonly [key: string, value: string] {
    const { role, meta, address } = this.#options;
    return [this.#keys.meta(address), formatMeta(role, meta, this.#leaving)];
  }

  #learn(changes: readonly KeyChange[]): void {
    const before = this.#state.nodes;
    const learnt = this.#state.apply(changes);
    if (learnt.shards.length === 0 && !learnt.members && !learnt.leader) return;
    this.#hasNews = true;
    if (learnt.members) this.#meetPeers(before);
    const self = this.#incarnations.self;
    if (self !== undefined) noticeOwn(learnt.shards, self, this.#options, this.#state, this.#node);
    if (this.#node !== undefined) this.#node.onChanges(learnt);
    else this.#notify();
  }

  #meetPeers(before: readonly Member[]): void {
    const { metrics, address } = this.#options;
    const known = new Set(before.map((node) => node.address));
    for (const node of this.#state.nodes) {
      if (node.address !== address && !known.has(node.address)) metrics.peerSeen(node.address);
    }
  }

  #onRegistered(): void {
    const { logger, address } = this.#options;
    logger.info("registered in etcd", { address, incarnation: this.incarnation });
    this.#hasNews = true;
    this.#node?.onRegistered();
    this.#notify();
  }

  #onLost(why: string): void {
    const { logger, holder, metrics } = this.#options;
    logger.warn("ownership lost, dropping all objects", { why });
    this.#wasWhole = false;
    this.#node?.onLost();
    holder.drop("all");
    metrics.leaseLost();
    this.#hasNews = true;
    this.#notify();
  }

  #notify(): void {
    for (const waiter of this.#waiters) waiter();
    const now = this.readiness();
    if (now.ready) this.#wasWhole = true;
    const text = now.ready ? "" : now.reason;
    if (!this.#hasNews && text === this.#lastReadiness) return;
    this.#hasNews = false;
    this.#lastReadiness = text;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#options.logger.error("a listener failed", { why: String(error) });
      }
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.#leaving = true;
    this.#hasNews = true;
    this.#notify();
    const self = this.#incarnations.self;
    if (this.#node !== undefined && self !== undefined) await this.#leave(this.#node, self, timeoutMs);
    await this.#tearDown();
  }

  async #leave(node: NodeLoop, self: Self, timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + timeoutMs;
    node.leave();
    await announceLeave({
      ...this.#options,
      client: this.#client,
      key: this.#keys.node(this.#options.address),
      incarnation: self.incarnation,
      lease: () => (this.#incarnations.self === undefined ? undefined : this.#incarnations.leaseId),
      meta: this.#meta(),
      untilMs,
    });
    await this.#until(() => node.isEmpty || node.isAlone, untilMs);
    if (node.isEmpty) return;
    const rested = node.isAlone
      ? node.rest().then(
          () => true,
          () => false,
        )
      : Promise.resolve(false);
    const inTime = await Promise.race([rested, sleep(clock, Math.max(0, untilMs - clock.monotonicMs()))]);
    if (inTime !== true) node.abandon();
  }

  /** Waits until `isDone`, asked at every pulse, or until the time is up. */
  #until(isDone: () => boolean, untilMs: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        this.#waiters.delete(ask);
        resolve();
      };
      const ask = (): void => {
        if (isDone()) finish();
      };
      const timer = clock.setTimer(Math.max(0, untilMs - clock.monotonicMs()), finish);
      this.#waiters.add(ask);
      ask();
    });
  }

  async #tearDown(): Promise<void> {
    this.#node?.stop();
    await this.#incarnations.stop();
    this.#mirror.stop();
    this.#client.close();
    this.#notify();
  }
}
