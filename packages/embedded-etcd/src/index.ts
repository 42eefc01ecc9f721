export type { EmbeddedEtcdOptions } from "./options.ts";
export type { EtcdClock, EtcdLogger, EtcdTimer } from "./ports.ts";
export { type EmbeddedEtcd, startEmbeddedEtcd } from "./start.ts";
export { type ByteString, byteStringToBytes, bytesToByteString, prefixEnd } from "./store/byte-string.ts";
export { EtcdError, type EtcdErrorName } from "./store/errors.ts";
export { EtcdStore, type EtcdStoreOptions, type LeaseAnswer, type LeaseTimeToLive } from "./store/etcd-store.ts";
export { type KeyValue, NO_LEASE } from "./store/key-value.ts";
export type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  SortTarget,
  TxnRequest,
  TxnResponse,
} from "./store/requests.ts";
export type { WatchCreateRequest, WatchEvent, WatchResponse, WatchSink } from "./store/watch-messages.ts";
export type { WatchStream } from "./store/watch-stream.ts";
