export { Consensus, type ConsensusSummary } from "./consensus.ts";
export {
  type Compare,
  type EtcdClient,
  EtcdFailure,
  type EtcdFailureReason,
  type KeepAliveHandlers,
  type KeepAliveStream,
  type KeyValue,
  type LeaseId,
  type LeaseTime,
  type Op,
  type OpResult,
  type RangeRequest,
  type RangeResult,
  type Txn,
  type TxnResult,
  type WatchEvent,
  type WatchHandlers,
  type WatchRequest,
  type WatchStream,
} from "./etcd/client.ts";
export type { Member, MemberMeta } from "./member.ts";
export type { ConsensusMetrics } from "./metrics.ts";
export type { ConsensusOptions, StopOptions } from "./options.ts";
export type { Readiness } from "./readiness.ts";
export type { ClusterView, Location } from "./view.ts";
