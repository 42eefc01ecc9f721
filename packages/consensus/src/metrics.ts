/** What consensus reports while it happens. The recorder of `@goverse/metrics` fits as it is. */
export interface ConsensusMetrics {
  /** This process claimed shards. */
  shardsClaimed(count: number): void;
  /** This process gave up shards by agreement. */
  shardsReleased(count: number): void;
  /** Another node appeared. Again after it left and came back. */
  peerSeen(address: string): void;
  /** This process claimed a shard whose last other owner was `fromNode`. */
  shardMigrated(fromNode: string): void;
  /** The leader, which is this process, decided something about `count` shards. */
  shardDecided(reason: string, count: number): void;
  /** The lease ran out, and with it the ownership of every shard. */
  leaseLost(): void;
}

const ignore = (): void => {};

/** Records nothing. */
export const NO_METRICS: ConsensusMetrics = {
  shardsClaimed: ignore,
  shardsReleased: ignore,
  peerSeen: ignore,
  shardMigrated: ignore,
  shardDecided: ignore,
  leaseLost: ignore,
};
