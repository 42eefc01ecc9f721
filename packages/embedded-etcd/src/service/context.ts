import type { ResponseHeader } from "../gen/etcdserverpb_pb.ts";
import { EtcdError } from "../store/errors.ts";
import type { EtcdStore } from "../store/etcd-store.ts";
import type { LeaseTimer } from "./lease-timer.ts";
import type { PauseGate } from "./pause-gate.ts";

/** What the services share. */
export interface ServiceContext {
  readonly store: EtcdStore;
  readonly gate: PauseGate;
  readonly leaseTimer: LeaseTimer;
}

/** etcd's default limit for a request that changes something, in bytes. */
export const MAX_REQUEST_BYTES: number = 1.5 * 1024 * 1024;
/** What etcd's log entry adds around the request it carries; rounded, so a request within a few bytes of the limit may differ. */
const ENTRY_OVERHEAD_BYTES = 18;

/** Identity of the only member; any constant but 0 will do, clients only compare. */
const CLUSTER_ID = 0x676f_7665_7273_6500n;
/** See {@link CLUSTER_ID}. */
export const MEMBER_ID = 0x676f_7665_7273_6501n;
/** There is never an election, so the term never changes. etcd's first elected leader has term 2. */
export const RAFT_TERM = 2n;

/** Header of an answer. */
export function header(revision: number): ResponseHeader {
  return {
    $typeName: "etcdserverpb.ResponseHeader",
    clusterId: CLUSTER_ID,
    memberId: MEMBER_ID,
    revision: BigInt(revision),
    raftTerm: RAFT_TERM,
  };
}

/** Refuses a write that etcd would not accept for its size. */
export function checkRequestSize(byteLength: number): void {
  if (byteLength + ENTRY_OVERHEAD_BYTES > MAX_REQUEST_BYTES) throw new EtcdError("requestTooLarge");
}
