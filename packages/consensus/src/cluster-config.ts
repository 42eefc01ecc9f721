import { type Clock, GoverseError } from "@goverse/core";
import { Backoff } from "./backoff.ts";
import type { EtcdClient } from "./etcd/client.ts";
import type { Keys } from "./keys.ts";
import { configTxn } from "./transactions.ts";

/** What the first contact with etcd needs. */
interface JoinOptions {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: () => number;
  readonly shardCount: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly etcdEndpoints: readonly string[];
  /** Turns false when the process is told to stop meanwhile. */
  readonly wanted: () => boolean;
}

/**
 * First answer from etcd, within the time limit, and agreement with the cluster that is there.
 * @throws GoverseError `UNAVAILABLE` without an answer, `INVALID_ARGUMENT` when the cluster has another shard count.
 */
export async function joinCluster(options: JoinOptions): Promise<void> {
  const { client, keys, clock, random, connectTimeoutMs, requestTimeoutMs, shardCount, etcdEndpoints } = options;
  const backoff = new Backoff(clock, random);
  const giveUpAtMs = clock.monotonicMs() + connectTimeoutMs;
  let lastError = "no answer";
  for (let leftMs = connectTimeoutMs; leftMs > 0; leftMs = giveUpAtMs - clock.monotonicMs()) {
    if (!options.wanted()) throw new GoverseError("UNAVAILABLE", "stopped before it was connected to etcd");
    try {
      await agreeOnShardCount(client, keys, shardCount, Math.min(requestTimeoutMs, leftMs));
      return;
    } catch (error) {
      if (error instanceof GoverseError) throw error;
      lastError = error instanceof Error ? error.message : String(error);
      await backoff.pause();
    }
  }
  throw new GoverseError(
    "UNAVAILABLE",
    `etcd does not answer at ${etcdEndpoints.join(", ")} (waited ${connectTimeoutMs} ms; ${lastError}): ` +
      `start it, or give the endpoints of one that runs`,
  );
}

/**
 * Writes the cluster's shard count into etcd, or compares it with the one there: two processes that disagree would look for the
 * same object in different shards.
 * @throws GoverseError `INVALID_ARGUMENT` when they disagree. Rejects with `EtcdFailure` when etcd does not answer.
 */
async function agreeOnShardCount(
  client: EtcdClient,
  keys: Keys,
  shardCount: number,
  requestTimeoutMs: number,
): Promise<void> {
  const answer = await client.txn(configTxn(keys, JSON.stringify({ shards: shardCount })), requestTimeoutMs);
  const text = answer.results[0]?.kvs[0]?.value;
  if (answer.succeeded || text === undefined) return;
  const agreed = parseShards(text);
  if (agreed === shardCount) return;
  throw new GoverseError(
    "INVALID_ARGUMENT",
    `this process was started with ${shardCount} shards, but the cluster under ${keys.prefix} has ${agreed ?? text}: ` +
      `start it with that number, use another etcd prefix, or stop all processes and delete the key ${keys.config}`,
    { field: "shardCount" },
  );
}

function parseShards(text: string): number | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const shards = typeof parsed === "object" && parsed !== null ? (parsed as { shards?: unknown }).shards : undefined;
    return typeof shards === "number" ? shards : undefined;
  } catch {
    return undefined;
  }
}
