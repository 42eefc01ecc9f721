import { compareHolds } from "./compare.ts";
import { EtcdError } from "./errors.ts";
import type { KeyRange } from "./key-range.ts";
import { keyRange } from "./key-range.ts";
import { type KeyValue, NO_LEASE } from "./key-value.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { Mvcc } from "./mvcc.ts";
import { queryRange } from "./range-query.ts";
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "./requests.ts";
import type { WriteTxn } from "./write-txn.ts";

/** A transaction whose conditions have been decided: only the branch that runs is left. */
interface PlannedTxn {
  readonly succeeded: boolean;
  readonly ops: readonly PlannedOp[];
}

type PlannedOp =
  | Exclude<RequestOp, { readonly kind: "txn" | "none" }>
  | { readonly kind: "txn"; readonly planned: PlannedTxn };

/**
 * Decides every condition, nested ones too, on the state before the transaction: an operation never changes what a later
 * nested condition sees.
 */
export function planTxn(mvcc: Mvcc, request: TxnRequest): PlannedTxn {
  const select = (range: KeyRange): KeyValue[] => mvcc.select(range, mvcc.revision);
  const succeeded = request.compare.every((compare) => compareHolds(select, compare));
  const ops: PlannedOp[] = [];
  for (const op of succeeded ? request.success : request.failure) {
    if (op.kind === "txn") ops.push({ kind: "txn", planned: planTxn(mvcc, op.request) });
    else if (op.kind !== "none") ops.push(op);
  }
  return { succeeded, ops };
}

/** Refuses a planned transaction that could not run to its end: puts first, then ranges, as etcd checks them. */
export function checkPlan(mvcc: Mvcc, leases: LeaseBook, planned: PlannedTxn): void {
  forEachOp(planned, (op) => {
    if (op.kind === "put") checkPutInTxn(mvcc, leases, op.request);
  });
  forEachOp(planned, (op) => {
    if (op.kind === "range") checkRangeInTxn(mvcc, op.request);
  });
}

/** Runs a checked plan. Nested answers carry no revision of their own. */
export function runPlan(txn: WriteTxn, mvcc: Mvcc, planned: PlannedTxn): TxnResponse {
  const responses = planned.ops.map((op): ResponseOp => {
    switch (op.kind) {
      case "range":
        return { kind: "range", response: runRange(txn, mvcc, op.request) };
      case "put":
        return { kind: "put", response: runPut(txn, op.request) };
      case "deleteRange":
        return { kind: "deleteRange", response: runDeleteRange(txn, op.request) };
      case "txn":
        return { kind: "txn", response: runPlan(txn, mvcc, op.planned) };
    }
  });
  return { revision: 0, succeeded: planned.succeeded, responses };
}

/** Writes one key. `ignoreValue` and `ignoreLease` need the key to exist: that was checked before. */
export function runPut(txn: WriteTxn, request: PutRequest): PutResponse {
  const previous = txn.find(request.key);
  const value = request.ignoreValue === true ? previous?.value : request.value;
  const lease = request.ignoreLease === true ? previous?.lease : request.lease;
  txn.put(request.key, value ?? "", lease ?? NO_LEASE);
  return { revision: txn.revision, prevKv: request.prevKv === true ? previous : undefined };
}

/** Deletes a range of keys. */
export function runDeleteRange(txn: WriteTxn, request: DeleteRangeRequest): DeleteRangeResponse {
  const victims = txn.delete(keyRange(request.key, request.rangeEnd));
  return { revision: txn.revision, deleted: victims.length, prevKvs: request.prevKv === true ? victims : [] };
}

function runRange(txn: WriteTxn, mvcc: Mvcc, request: RangeRequest): RangeResponse {
  const view = {
    revision: txn.revision,
    compactRevision: mvcc.compactRevision,
    select: (range: KeyRange, revision: number) => txn.select(range, revision),
  };
  return queryRange(view, request);
}

function forEachOp(planned: PlannedTxn, visit: (op: PlannedOp) => void): void {
  for (const op of planned.ops) {
    if (op.kind === "txn") forEachOp(op.planned, visit);
    else visit(op);
  }
}

function checkPutInTxn(mvcc: Mvcc, leases: LeaseBook, request: PutRequest): void {
  const needsKey = request.ignoreValue === true || request.ignoreLease === true;
  if (needsKey && mvcc.find(request.key, mvcc.revision) === undefined) throw new EtcdError("keyNotFound");
  if ((request.lease ?? NO_LEASE) !== NO_LEASE) leases.require(request.lease ?? NO_LEASE);
}

function checkRangeInTxn(mvcc: Mvcc, request: RangeRequest): void {
  const revision = request.revision ?? 0;
  if (revision === 0) return;
  if (revision > mvcc.revision) throw new EtcdError("futureRevision");
  if (revision < mvcc.compactRevision) throw new EtcdError("compacted");
}
