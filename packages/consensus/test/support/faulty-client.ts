import { EtcdFailure, type EtcdClient, type Txn, type TxnResult } from "../../src/etcd/client.ts";
import { connectEtcd } from "../../src/etcd/connect.ts";

/** What happens to one transaction: passed on, or one of the ways in which it can go wrong. */
export type TxnFate =
  | "pass"
  /** It never arrives, and nobody knows. */
  | "lose-request"
  /** It runs, and nobody knows. */
  | "lose-answer";

/** A real client whose transactions can be tampered with. */
export interface FaultyClient extends EtcdClient {
  /** Decides the fate of each transaction; what it does before it returns happens before the transaction. */
  onTxn: (txn: Txn) => TxnFate;
}

/** Connects to `endpoint`, faultless until told otherwise. */
export function faultyClient(endpoint: string): FaultyClient {
  const real = connectEtcd({ endpoints: [endpoint] });
  const client: FaultyClient = {
    onTxn: () => "pass",
    range: (request, timeoutMs) => real.range(request, timeoutMs),
    txn: async (txn, timeoutMs): Promise<TxnResult> => {
      const fate = client.onTxn(txn);
      if (fate === "lose-request") throw new EtcdFailure("unavailable", "lost on the way");
      const answer = await real.txn(txn, timeoutMs);
      if (fate === "lose-answer") throw new EtcdFailure("unavailable", "lost on the way back");
      return answer;
    },
    grantLease: (id, ttlSeconds, timeoutMs) => real.grantLease(id, ttlSeconds, timeoutMs),
    revokeLease: (id, timeoutMs) => real.revokeLease(id, timeoutMs),
    leaseTimeToLive: (id, timeoutMs) => real.leaseTimeToLive(id, timeoutMs),
    openKeepAlive: (handlers) => real.openKeepAlive(handlers),
    openWatch: (request, handlers) => real.openWatch(request, handlers),
    close: () => real.close(),
  };
  return client;
}

/** The keys that a transaction would put, nested ones included. */
export function putKeys(txn: Txn): string[] {
  return txn.success.flatMap((op) => (op.op === "put" ? [op.key] : op.op === "txn" ? putKeys(op.txn) : []));
}
