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
  const base = {
    key: bytesToByteString(wire.key),
    rangeEnd: bytesToByteString(wire.rangeEnd),
    result: COMPARE_RESULT[wire.result] ?? "equal",
  };
  const operand = wire.targetUnion;
  switch (wire.target) {
    case Compare_CompareTarget.VALUE:
      return { ...base, target: "value", operand: operand.case === "value" ? bytesToByteString(operand.value) : "" };
    case Compare_CompareTarget.LEASE:
      return { ...base, target: "lease", operand: operand.case === "lease" ? operand.value : 0n };
    case Compare_CompareTarget.CREATE:
      return { ...base, target: "create", operand: operand.case === "createRevision" ? Number(operand.value) : 0 };
    case Compare_CompareTarget.MOD:
      return { ...base, target: "mod", operand: operand.case === "modRevision" ? Number(operand.value) : 0 };
    case Compare_CompareTarget.VERSION:
      return { ...base, target: "version", operand: operand.case === "version" ? Number(operand.value) : 0 };
  }
}
