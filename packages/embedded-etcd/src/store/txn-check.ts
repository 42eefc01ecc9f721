import type { ByteString } from "./byte-string.ts";
import { EtcdError } from "./errors.ts";
import { IntervalSet } from "./interval-set.ts";
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from "./requests.ts";

/** etcd's default for operations per nesting level; a level also pays for the widest of its ancestors. */
const MAX_TXN_OPS = 128;

/** Refuses a range that names no key. */
export function checkRange(request: RangeRequest): void {
  if (request.key === "") throw new EtcdError("emptyKey");
}

/** Refuses a put that names no key, or contradicts itself. */
export function checkPut(request: PutRequest): void {
  if (request.key === "") throw new EtcdError("emptyKey");
  if (request.ignoreValue === true && (request.value ?? "") !== "") throw new EtcdError("valueProvided");
  if (request.ignoreLease === true && (request.lease ?? 0n) !== 0n) throw new EtcdError("leaseProvided");
}

/** Refuses a deletion that names no key. */
export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === "") throw new EtcdError("emptyKey");
}

/** Everything about a transaction that can be refused without looking at the store, in etcd's order. */
export function checkTxn(request: TxnRequest): void {
  checkShape(request, MAX_TXN_OPS);
  collectWrites(request.success);
  collectWrites(request.failure);
}

function checkShape(request: TxnRequest, maxOps: number): void {
  const ops = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (ops > maxOps) throw new EtcdError("tooManyOps");
  if (request.compare.some((compare) => compare.key === "")) throw new EtcdError("emptyKey");
  for (const op of request.success) checkOp(op, maxOps - ops);
  for (const op of request.failure) checkOp(op, maxOps - ops);
}

function checkOp(op: RequestOp, maxOps: number): void {
  switch (op.kind) {
    case "range":
      return checkRange(op.request);
    case "put":
      return checkPut(op.request);
    case "deleteRange":
      return checkDeleteRange(op.request);
    case "txn":
      return checkShape(op.request, maxOps);
    case "none":
      throw new EtcdError("keyNotFound");
  }
}

interface Writes {
  readonly puts: Set<ByteString>;
  readonly deletes: IntervalSet;
}

/** What one branch may write. Throws `duplicateKey` when a key could be put twice, or put and deleted, in one run. */
function collectWrites(ops: readonly RequestOp[]): Writes {
  const deletes = new IntervalSet();
  const puts = new Set<ByteString>();
  for (const op of ops) if (op.kind === "deleteRange") addDelete(deletes, op.request);
  for (const op of ops) if (op.kind === "txn") addNested({ puts, deletes }, op.request);
  for (const op of ops) {
    if (op.kind !== "put") continue;
    if (puts.has(op.request.key) || deletes.has(op.request.key)) throw new EtcdError("duplicateKey");
    puts.add(op.request.key);
  }
  return { puts, deletes };
}

function addNested(writes: Writes, nested: TxnRequest): void {
  const success = collectWrites(nested.success);
  const failure = collectWrites(nested.failure);
  for (const key of success.puts) {
    if (writes.puts.has(key) || writes.deletes.has(key)) throw new EtcdError("duplicateKey");
    writes.puts.add(key);
  }
  for (const key of failure.puts) {
    // Only one of the two branches runs: the same key in both is no conflict.
    if (writes.puts.has(key) && !success.puts.has(key)) throw new EtcdError("duplicateKey");
    if (writes.deletes.has(key)) throw new EtcdError("duplicateKey");
    writes.puts.add(key);
  }
  writes.deletes.addAll(success.deletes);
  writes.deletes.addAll(failure.deletes);
}

function addDelete(deletes: IntervalSet, { key, rangeEnd = "" }: DeleteRangeRequest): void {
  if (rangeEnd === "") deletes.add(key, `${key}\0`);
  // etcd compares the bytes of the ends, so its check misses deletions "to the last key", whose end is "\0".
  else if (rangeEnd > key) deletes.add(key, rangeEnd);
}
