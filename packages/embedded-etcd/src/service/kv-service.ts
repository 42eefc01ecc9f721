import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type {
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from "../gen/etcdserverpb_pb.ts";
import type { RequestOp } from "../store/requests.ts";
import { checkRequestSize, header, type ServiceContext } from "./context.ts";
import { deleteRangeFromWire, putFromWire, rangeFromWire, txnFromWire } from "./kv-from-wire.ts";
import { deleteRangeToWire, putToWire, rangeToWire, txnToWire } from "./kv-to-wire.ts";
import { unary } from "./unary.ts";

/** The service `etcdserverpb.KV`. */
export function kvService({ store, gate }: ServiceContext): UntypedServiceImplementation {
  return {
    range: unary(gate, (wire: RangeRequest) => {
      const response = store.range(rangeFromWire(wire));
      return rangeToWire(response, header(response.revision));
    }),
    put: unary(gate, (wire: PutRequest, byteLength) => {
      checkRequestSize(byteLength);
      const response = store.put(putFromWire(wire));
      return putToWire(response, header(response.revision));
    }),
    deleteRange: unary(gate, (wire: DeleteRangeRequest, byteLength) => {
      checkRequestSize(byteLength);
      const response = store.deleteRange(deleteRangeFromWire(wire));
      return deleteRangeToWire(response, header(response.revision));
    }),
    txn: unary(gate, (wire: TxnRequest, byteLength) => {
      const request = txnFromWire(wire);
      const onlyReads = [...request.success, ...request.failure].every((op: RequestOp) => op.kind === "range");
      if (!onlyReads) checkRequestSize(byteLength);
      const response = store.txn(request);
      return txnToWire(response, header(response.revision));
    }),
    compact: unary(gate, (wire: CompactionRequest): CompactionResponse => {
      const { revision } = store.compact(Number(wire.revision));
      return { $typeName: "etcdserverpb.CompactionResponse", header: header(revision) };
    }),
  };
}
