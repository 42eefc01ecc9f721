import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { Cluster, KV, Lease, Maintenance, Watch } from "./gen/etcdserverpb_pb.ts";
import { type EmbeddedEtcdOptions, resolveOptions, type ResolvedOptions } from "./options.ts";
import { MAX_REQUEST_BYTES, type ServiceContext } from "./service/context.ts";
import { grpcService } from "./service/grpc-service.ts";
import { kvService } from "./service/kv-service.ts";
import { leaseService } from "./service/lease-service.ts";
import { LeaseTimer } from "./service/lease-timer.ts";
import { clusterService, maintenanceService } from "./service/member-service.ts";
import { PauseGate } from "./service/pause-gate.ts";
import { startProgressTicks } from "./service/progress-ticks.ts";
import { watchService } from "./service/watch-service.ts";
import { EtcdStore } from "./store/etcd-store.ts";

/** What etcd's gRPC server accepts beyond its own limit, so that the refusal comes from etcd and names the reason. */
const GRPC_OVERHEAD_BYTES = 512 * 1024;

/** A running server. */
export interface EmbeddedEtcd {
  /** `"127.0.0.1:PORT"`, for clients. */
  readonly address: string;
  readonly port: number;
  /** The state machine behind the server, for tests that want to look or to act without a client. */
  readonly store: EtcdStore;
  /** Ends the server at once; clients see `UNAVAILABLE`. What was stored is gone. */
  stop(): Promise<void>;
  /** Fault switch: plays a frozen server. Connections stay open, requests wait, watches are silent, no lease ends. */
  pause(): void;
  /** Ends a pause: leases whose time has passed end first, then the held requests run. */
  resume(): void;
  /** Fault switch: ends a lease now, as if its time had passed. Throws `EtcdError` for an unknown one. */
  expireLease(id: bigint): void;
  /** Fault switch: cuts every connection; clients may connect again at once. */
  dropConnections(): void;
}

/**
 * Starts an etcd in this process, for development and tests. **Neither durable nor replicated**: what it stores ends with the
 * process, so it refuses to start with `NODE_ENV=production` unless `force` is set.
 *
 * Throws a `TypeError` for an option that makes no sense, and an `Error` that names the remedy when the port is taken.
 */
export async function startEmbeddedEtcd(options: EmbeddedEtcdOptions = {}): Promise<EmbeddedEtcd> {
  const resolved = resolveOptions(options, process.env["NODE_ENV"]);
  const { clock, logger } = resolved;
  const store = new EtcdStore({
    nowMs: () => clock.monotonicMs(),
    maxHistoryEvents: resolved.maxHistoryEvents,
    // A client of an earlier server may still hold a lease number: start where it cannot meet a new one.
    firstLeaseId: BigInt(randomInt(1, 2 ** 46)) << 16n,
  });
  const gate = new PauseGate();
  const leaseTimer = new LeaseTimer(store, clock, gate, logger);
  let address = "";
  const server = createGrpcServer({ store, gate, leaseTimer }, () => address);
  const port = await bind(server, resolved);
  address = `${resolved.host}:${port}`;
  const stopTicks = startProgressTicks(store, clock, gate, resolved.progressNotifyIntervalMs);
  logger?.info("embedded etcd listens; it is neither durable nor replicated", { address });

  return {
    address,
    port,
    store,
    stop: async () => {
      stopTicks();
      leaseTimer.stop();
      server.forceShutdown();
    },
    pause: () => gate.pause(),
    resume: () => gate.resume(),
    expireLease: (id) => {
      store.leaseRevoke(id);
    },
    dropConnections: () => server.drain(address, 0),
  };
}

function createGrpcServer(context: ServiceContext, address: () => string): Server {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES + GRPC_OVERHEAD_BYTES,
    "grpc.max_send_message_length": -1,
  });
  server.addService(grpcService(KV), kvService(context));
  server.addService(grpcService(Watch), watchService(context));
  server.addService(grpcService(Lease), leaseService(context));
  server.addService(grpcService(Maintenance), maintenanceService(context));
  server.addService(grpcService(Cluster), clusterService(context, address));
  return server;
}

async function bind(server: Server, { host, port }: ResolvedOptions): Promise<number> {
  // grpc-js prints a line of its own when a port is taken; asking first leaves one clear message.
  if (port !== 0) await requireFree(host, port);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindError(host, port, error));
    });
  });
}

function requireFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => reject(bindError(host, port, error)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

function bindError(host: string, port: number, cause: Error): Error {
  const text = `embedded etcd: cannot listen on ${host}:${port} (option port = ${port}): ${cause.message}.`;
  return new Error(`${text} Stop what listens there, choose another port, or use 0 for a free one.`, { cause });
}
