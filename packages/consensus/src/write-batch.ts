import type { Compare, EtcdClient } from "./etcd/client.ts";
import {
  batchResults,
  batchTxn,
  flatTxn,
  type ShardWrite,
  type ShardWriteResult,
  writtenResults,
} from "./transactions.ts";

/** Compares, and operations, that etcd allows at one level of a transaction. */
const MAX_PER_LEVEL = 128;

/**
 * Writes several shards, each of which succeeds or fails alone. Mostly nobody else has written any of them: then all conditions stand at the
 * top of one transaction, which is half the work for everybody. Only if one of them does not hold is each tried by itself.
 * @returns `undefined` when the guard did not hold.
 */
export async function writeBatch(
  client: EtcdClient,
  writes: readonly ShardWrite[],
  guard: readonly Compare[],
  timeoutMs: number,
): Promise<readonly ShardWriteResult[] | undefined> {
  const flat = flatTxn(writes, guard);
  if (flat.compare.length <= MAX_PER_LEVEL && flat.success.length <= MAX_PER_LEVEL) {
    const answer = await client.txn(flat, timeoutMs);
    if (answer.succeeded) return writtenResults(writes, answer.revision);
  }
  return batchResults(writes, await client.txn(batchTxn(writes, guard), timeoutMs));
}
