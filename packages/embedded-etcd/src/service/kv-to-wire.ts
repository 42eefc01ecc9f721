import type {
  DeleteRangeResponse as WireDeleteRangeResponse,
  PutResponse as WirePutResponse,
  RangeResponse as WireRangeResponse,
  ResponseHeader,
  ResponseOp as WireResponseOp,
  TxnResponse as WireTxnResponse,
} from "../gen/etcdserverpb_pb.ts";
import type { KeyValue as WireKeyValue } from "../gen/mvccpb_pb.ts";
import { byteStringToBytes } from "../store/byte-string.ts";
import type { KeyValue } from "../store/key-value.ts";
import type { DeleteRangeResponse, PutResponse, RangeResponse, ResponseOp, TxnResponse } from "../store/requests.ts";

// Messages are written as literals: protobuf-es encodes them as they are, and `create()` would copy everything once more.

/** Encodes one version of a key. */
export function keyValueToWire(kv: KeyValue): WireKeyValue {
  return {
    $typeName: "mvccpb.KeyValue",
    key: byteStringToBytes(kv.key),
    createRevision: BigInt(kv.createRevision),
    modRevision: BigInt(kv.modRevision),
    version: BigInt(kv.version),
    value: byteStringToBytes(kv.value),
    lease: kv.lease,
  };
}

/** Encodes the answer to a range. */
export function rangeToWire(response: RangeResponse, header: ResponseHeader): WireRangeResponse {
  return {
    $typeName: "etcdserverpb.RangeResponse",
    header,
    kvs: response.kvs.map(keyValueToWire),
    more: response.more,
    count: BigInt(response.count),
  };
}

/** Encodes the answer to a put. */
export function putToWire(response: PutResponse, header: ResponseHeader): WirePutResponse {
  const wire: WirePutResponse = { $typeName: "etcdserverpb.PutResponse", header };
  if (response.prevKv !== undefined) wire.prevKv = keyValueToWire(response.prevKv);
  return wire;
}

/** Encodes the answer to a deletion. */
export function deleteRangeToWire(response: DeleteRangeResponse, header: ResponseHeader): WireDeleteRangeResponse {
  return {
    $typeName: "etcdserverpb.DeleteRangeResponse",
    header,
    deleted: BigInt(response.deleted),
    prevKvs: response.prevKvs.map(keyValueToWire),
  };
}

/** Encodes the answer to a transaction. Headers of the answers inside carry a revision only, as etcd's do. */
export function txnToWire(response: TxnResponse, header: ResponseHeader): WireTxnResponse {
  return {
    $typeName: "etcdserverpb.TxnResponse",
    header,
    succeeded: response.succeeded,
    responses: response.responses.map(opToWire),
  };
}

function opToWire(op: ResponseOp): WireResponseOp {
  return { $typeName: "etcdserverpb.ResponseOp", response: opResponseToWire(op) };
}

function opResponseToWire(op: ResponseOp): WireResponseOp["response"] {
  const header = bareHeader(op.response.revision);
  switch (op.kind) {
    case "range":
      return { case: "responseRange", value: rangeToWire(op.response, header) };
    case "put":
      return { case: "responsePut", value: putToWire(op.response, header) };
    case "deleteRange":
      return { case: "responseDeleteRange", value: deleteRangeToWire(op.response, header) };
    case "txn":
      return { case: "responseTxn", value: txnToWire(op.response, header) };
  }
}

function bareHeader(revision: number): ResponseHeader {
  return {
    $typeName: "etcdserverpb.ResponseHeader",
    clusterId: 0n,
    memberId: 0n,
    revision: BigInt(revision),
    raftTerm: 0n,
  };
}
