import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { MemberListResponse, StatusResponse } from "../gen/etcdserverpb_pb.ts";
import { header, MEMBER_ID, RAFT_TERM, type ServiceContext } from "./context.ts";
import { unary } from "./unary.ts";

/** Version the server says it is: the etcd it is compared with, marked as not being it. */
const VERSION = "3.4.23-embedded";
const MEMBER_NAME = "embedded";

/** The service `etcdserverpb.Maintenance`: only its status. Sizes are 0, since nothing is stored on disk. */
export function maintenanceService({ store, gate }: ServiceContext): UntypedServiceImplementation {
  return {
    status: unary(gate, (): StatusResponse => ({
      $typeName: "etcdserverpb.StatusResponse",
      header: header(store.revision),
      version: VERSION,
      dbSize: 0n,
      leader: MEMBER_ID,
      raftIndex: BigInt(store.revision),
      raftTerm: RAFT_TERM,
      raftAppliedIndex: BigInt(store.revision),
      errors: [],
      dbSizeInUse: 0n,
      isLearner: false,
    })),
  };
}

/** The service `etcdserverpb.Cluster`: only its list of one member. */
export function clusterService({ store, gate }: ServiceContext, address: () => string): UntypedServiceImplementation {
  return {
    memberList: unary(gate, (): MemberListResponse => ({
      $typeName: "etcdserverpb.MemberListResponse",
      header: header(store.revision),
      members: [
        {
          $typeName: "etcdserverpb.Member",
          ID: MEMBER_ID,
          name: MEMBER_NAME,
          peerURLs: [],
          clientURLs: [`http://${address()}`],
          isLearner: false,
        },
      ],
    })),
  };
}
