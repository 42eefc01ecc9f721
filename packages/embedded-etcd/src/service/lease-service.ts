import type { ServerDuplexStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import type {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "../gen/etcdserverpb_pb.ts";
import { byteStringToBytes } from "../store/byte-string.ts";
import { header, type ServiceContext } from "./context.ts";
import { serveRequests } from "./duplex.ts";
import type { Received } from "./grpc-service.ts";
import { unary } from "./unary.ts";

/** The service `etcdserverpb.Lease`. */
export function leaseService({ store, gate, leaseTimer }: ServiceContext): UntypedServiceImplementation {
  return {
    leaseGrant: unary(gate, (wire: LeaseGrantRequest): LeaseGrantResponse => {
      const { id, ttlSeconds, revision } = store.leaseGrant({ id: wire.ID, ttlSeconds: Number(wire.TTL) });
      leaseTimer.arm();
      return {
        $typeName: "etcdserverpb.LeaseGrantResponse",
        header: header(revision),
        ID: id,
        TTL: BigInt(ttlSeconds),
        error: "",
      };
    }),
    leaseRevoke: unary(gate, (wire: LeaseRevokeRequest): LeaseRevokeResponse => {
      const { revision } = store.leaseRevoke(wire.ID);
      return { $typeName: "etcdserverpb.LeaseRevokeResponse", header: header(revision) };
    }),
    leaseTimeToLive: unary(gate, (wire: LeaseTimeToLiveRequest): LeaseTimeToLiveResponse => {
      const state = store.leaseTimeToLive(wire.ID, { keys: wire.keys });
      return {
        $typeName: "etcdserverpb.LeaseTimeToLiveResponse",
        header: header(state.revision),
        ID: state.id,
        TTL: BigInt(state.ttlSeconds),
        grantedTTL: BigInt(state.grantedTtlSeconds),
        keys: state.keys.map(byteStringToBytes),
      };
    }),
    leaseLeases: unary(gate, (): LeaseLeasesResponse => ({
      $typeName: "etcdserverpb.LeaseLeasesResponse",
      header: header(store.revision),
      leases: store.leaseIds().map((ID) => ({ $typeName: "etcdserverpb.LeaseStatus", ID })),
    })),
    leaseKeepAlive: (call: ServerDuplexStream<Received<LeaseKeepAliveRequest>, LeaseKeepAliveResponse>) => {
      serveRequests<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(gate, call, {
        onRequest: (wire) => {
          const { id, ttlSeconds, revision } = store.leaseKeepAlive(wire.ID);
          call.write({
            $typeName: "etcdserverpb.LeaseKeepAliveResponse",
            header: header(revision),
            ID: id,
            TTL: BigInt(ttlSeconds),
          });
        },
      });
    },
  };
}
