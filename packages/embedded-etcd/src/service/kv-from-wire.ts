import {
  type Compare as WireCompare,
  Compare_CompareResult,
  Compare_CompareTarget,
  type DeleteRangeRequest as WireDeleteRangeRequest,
  type PutRequest as WirePutRequest,
  type RangeRequest as WireRangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RequestOp as WireRequestOp,
  type TxnRequest as WireTxnRequest,
} from "../gen/etcdserverpb_pb.ts";
import { bytesToByteString } from "../store/byte-string.ts";
import type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  SortTarget,
  TxnRequest,
} from "../store/requests.ts";

const SORT_ORDER: Readonly<Record<RangeRequest_SortOrder, "none" | "ascend" | "descend">> = {
  [RangeRequest_SortOrder.NONE]: "none",
  [RangeRequest_SortOrder.ASCEND]: "ascend",
  [RangeRequest_SortOrder.DESCEND]: "descend",
};

const SORT_TARGET: Readonly<Record<RangeRequest_SortTarget, SortTarget>> = {
  [RangeRequest_SortTarget.KEY]: "key",
  [RangeRequest_SortTarget.VERSION]: "version",
  [RangeRequest_SortTarget.CREATE]: "create",
  [RangeRequest_SortTarget.MOD]: "mod",
  [RangeRequest_SortTarget.VALUE]: "value",
};

const COMPARE_RESULT: Readonly<Record<Compare_CompareResult, CompareResult>> = {
  [Compare_CompareResult.EQUAL]: "equal",
  [Compare_CompareResult.GREATER]: "greater",
  [Compare_CompareResult.LESS]: "less",
  [Compare_CompareResult.NOT_EQUAL]: "notEqual",
};

/** Decodes a range. Numbers beyond 2^53 lose digits, but stay beyond every revision there is. */
export function rangeFromWire(wire: WireRangeRequest): RangeRequest {
  return {
    key: bytesToByteString(wire.key),
    rangeEnd: bytesToByteString(wire.rangeEnd),
    limit: Number(wire.limit),
    revision: Number(wire.revision),
    // Enums are open on the wire: a value from a newer API falls back to the default.
    sortOrder: SORT_ORDER[wire.sortOrder] ?? "none",
    sortTarget: SORT_TARGET[wire.sortTarget] ?? "key",
    keysOnly: wire.keysOnly,
    countOnly: wire.countOnly,
    minModRevision: Number(wire.minModRevision),
    maxModRevision: Number(wire.maxModRevision),
    minCreateRevision: Number(wire.minCreateRevision),
    maxCreateRevision: Number(wire.maxCreateRevision),
  };
}

/** Decodes a put. */
export function putFromWire(wire: WirePutRequest): PutRequest {
  return {
    key: bytesToByteString(wire.key),
    value: bytesToByteString(wire.value),
    lease: wire.lease,
    prevKv: wire.prevKv,
    ignoreValue: wire.ignoreValue,
    ignoreLease: wire.ignoreLease,
  };
}

/** Decodes a deletion. */
export function deleteRangeFromWire(wire: WireDeleteRangeRequest): DeleteRangeRequest {
  return { key: bytesToByteString(wire.key), rangeEnd: bytesToByteString(wire.rangeEnd), prevKv: wire.prevKv };
}

/** Decodes a transaction with everything nested in it. */
export function txnFromWire(wire: WireTxnRequest): TxnRequest {
  return {
    compare: wire.compare.map(compareFromWire),
    success: wire.success.map(opFromWire),
    failure: wire.failure.map(opFromWire),
  };
}

function opFromWire({ request }: WireRequestOp): RequestOp {
  switch (request.case) {
    case "requestRange":
      return { kind: "range", request: rangeFromWire(request.value) };
    case "requestPut":
      return { kind: "put", request: putFromWire(request.value) };
    case "requestDeleteRange":
      return { kind: "deleteRange", request: deleteRangeFromWire(request.value) };
    case "requestTxn":
      return { kind: "txn", request: txnFromWire(request.value) };
    case undefined:
      return { kind: "none" };
  }
}

/** Decodes a condition. An operand of another kind than the target counts as absent, which is 0 or empty, as in etcd. */
function compareFromWire(wire: WireCompare): Compare {
  const key = bytesToByteString(wire.key);
  const rangeEnd = bytesToByteString(wire.rangeEnd);
  const result = COMPARE_RESULT[wire.result] ?? "equal";
  const union = wire.targetUnion;
  // Written out, not spread from a common part: a claim of all shards decodes 32,000 of these.
  switch (wire.target) {
    case Compare_CompareTarget.VALUE: {
      const operand = union.case === "value" ? bytesToByteString(union.value) : "";
      return { key, rangeEnd, result, target: "value", operand };
    }
    case Compare_CompareTarget.LEASE:
      return { key, rangeEnd, result, target: "lease", operand: union.case === "lease" ? union.value : 0n };
    case Compare_CompareTarget.CREATE: {
      const operand = union.case === "createRevision" ? Number(union.value) : 0;
      return { key, rangeEnd, result, target: "create", operand };
    }
    case Compare_CompareTarget.MOD: {
      const operand = union.case === "modRevision" ? Number(union.value) : 0;
      return { key, rangeEnd, result, target: "mod", operand };
    }
    // Enums are open on the wire: a target from a newer API falls back to the default.
    case Compare_CompareTarget.VERSION:
    default: {
      const operand = union.case === "version" ? Number(union.value) : 0;
      return { key, rangeEnd, result, target: "version", operand };
    }
  }
}
