import { GoverseError } from "@goverse/core";
import type { EtcdClient } from "./etcd/client.ts";
import type { Keys } from "./keys.ts";
import { configTxn } from "./transactions.ts";

/**
 * Writes the cluster's shard count into etcd, or compares it with the one there: two processes that disagree would look for the
 * same object in different shards.
 * @throws GoverseError `INVALID_ARGUMENT` when they disagree. Rejects with `EtcdFailure` when etcd does not answer.
 */
export async function agreeOnShardCount(
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
