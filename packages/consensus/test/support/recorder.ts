import type { LogFields, Logger, ShardHolder } from "@goverse/core";
import type { ConsensusMetrics } from "../../src/index.ts";

/** Remembers what it was told. */
export class RecordingMetrics implements ConsensusMetrics {
  claimed = 0;
  released = 0;
  lost = 0;
  readonly peers: string[] = [];
  readonly migrations: string[] = [];
  readonly decisions: Map<string, number> = new Map();

  shardsClaimed(count: number): void {
    this.claimed += count;
  }
  shardsReleased(count: number): void {
    this.released += count;
  }
  peerSeen(address: string): void {
    this.peers.push(address);
  }
  shardMigrated(fromNode: string): void {
    this.migrations.push(fromNode);
  }
  shardDecided(reason: string, count: number): void {
    this.decisions.set(reason, (this.decisions.get(reason) ?? 0) + count);
  }
  leaseLost(): void {
    this.lost += 1;
  }
}

/** Keeps no objects, but remembers which shards were drained, admitted and dropped, in order. */
export class RecordingHolder implements ShardHolder {
  readonly events: string[] = [];
  readonly drained: Set<number> = new Set();
  readonly undrained: Set<number> = new Set();
  dropped: (number | "all")[] = [];
  /** Called for every drain; may be replaced to delay or refuse it. */
  onDrain: (shards: readonly number[]) => Promise<void> = () => Promise.resolve();

  drain(shards: readonly number[]): Promise<void> {
    this.events.push(`drain ${shards.join(",")}`);
    for (const shard of shards) this.drained.add(shard);
    return this.onDrain(shards);
  }
  undrain(shards: readonly number[]): void {
    this.events.push(`undrain ${shards.join(",")}`);
    for (const shard of shards) this.undrained.add(shard);
  }
  drop(shards: readonly number[] | "all"): void {
    this.events.push(`drop ${String(shards)}`);
    this.dropped = [...this.dropped, ...(shards === "all" ? (["all"] as const) : shards)];
  }
}

/** Remembers messages. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  readonly debug = (message: string, fields?: LogFields): void => this.#add("debug", message, fields);
  readonly info = (message: string, fields?: LogFields): void => this.#add("info", message, fields);
  readonly warn = (message: string, fields?: LogFields): void => this.#add("warn", message, fields);
  readonly error = (message: string, fields?: LogFields): void => this.#add("error", message, fields);
  readonly child = (): Logger => this;

  #add(level: string, message: string, fields?: LogFields): void {
    this.lines.push(`${level} ${message} ${fields === undefined ? "" : JSON.stringify(fields)}`.trim());
  }
}
