import type { ICompare, IKeyValue, IRangeRequest, IRequestOp, IResponseOp, ITxnRequest, ITxnResponse } from "etcd3";
import type { Compare, KeyValue, Op, OpResult, RangeRequest, Txn, TxnResult } from "./client.ts";

/** The end of the range of all keys that begin with `prefix`: its last byte plus one. Prefixes here end with `/`. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}

/** A read, for the wire. */
export function toRangeRequest(request: RangeRequest): IRangeRequest {
  if ("key" in request) return { key: Buffer.from(request.key) };
  return {
    key: Buffer.from(request.prefix),
    range_end: prefixEnd(request.prefix),
    limit: request.limit ?? 0,
    keys_only: request.keysOnly ?? false,
    ...(request.newestFirst === true ? { sort_order: "Descend" as const, sort_target: "Mod" as const } : {}),
  };
}

/** A transaction, for the wire. */
export function toTxnRequest(txn: Txn): ITxnRequest {
  return { compare: txn.compare.map(toCompare), success: txn.success.map(toOp), failure: txn.failure.map(toOp) };
}

function toCompare({ key, target, is, revision }: Compare): ICompare {
  const common = { key: Buffer.from(key), result: is === "equal" ? ("Equal" as const) : ("NotEqual" as const) };
  return target === "create"
    ? { ...common, target: "Create", create_revision: revision }
    : { ...common, target: "Mod", mod_revision: revision };
}

function toOp(op: Op): IRequestOp {
  switch (op.op) {
    case "put":
      return {
        request_put: { key: Buffer.from(op.key), value: Buffer.from(op.value), lease: op.lease ?? 0 },
      };
    case "get":
      return { request_range: { key: Buffer.from(op.key) } };
    case "delete":
      return { request_delete_range: { key: Buffer.from(op.key) } };
    case "txn":
      return { request_txn: toTxnRequest(op.txn) };
    default:
      return op satisfies never;
  }
}

/** The answer to a transaction; nested ones carry no header, so they get the outermost revision. */
export function fromTxnResponse(response: ITxnResponse, outermost?: number): TxnResult {
  const revision = outermost ?? Number(response.header.revision);
  return {
    succeeded: response.succeeded,
    revision,
    results: response.responses.map((result) => fromOp(result, revision)),
  };
}

function fromOp(result: IResponseOp, revision: number): OpResult {
  // The library declares every member of the union as present; on the wire exactly one is.
  const { response_range: range, response_txn: txn } = result as Partial<IResponseOp>;
  return {
    kvs: range?.kvs.map(fromKeyValue) ?? [],
    txn: txn === undefined || txn === null ? undefined : fromTxnResponse(txn, revision),
  };
}

/** A key as stored. */
export function fromKeyValue(kv: IKeyValue): KeyValue {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
    lease: kv.lease,
  };
}
