import { noop } from "cockatiel";
import { Etcd3, type IOptions } from "etcd3";
import {
  EtcdFailure,
  type EtcdFailureReason,
  type EtcdClient,
  type KeepAliveHandlers,
  type KeepAliveStream,
  type LeaseId,
  type LeaseTime,
  type RangeRequest,
  type RangeResult,
  type Txn,
  type TxnResult,
  type WatchHandlers,
  type WatchRequest,
  type WatchStream,
} from "./client.ts";
import { fromKeyValue, fromTxnResponse, toRangeRequest, toTxnRequest } from "./convert.ts";
import { openKeepAlive } from "./keep-alive-stream.ts";
import { openWatch } from "./watch-stream.ts";

/** How to reach etcd. */
export interface EtcdConnection {
  /** All members, as `host:port` or `http(s)://host:port`; any of them will do. */
  readonly endpoints: readonly string[];
}

const GRPC_OPTIONS: NonNullable<IOptions["grpcOptions"]> = {
  // A dead link is noticed after 13 s at the latest; etcd refuses clients that ping more often than every 5 s.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 3000,
  // The library of gRPC waits up to 2 minutes between attempts, far beyond any lease.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  // The whole map is read at once: about 12 MB at the largest shard count.
  "grpc.max_receive_message_length": -1,
};

/** Connects to etcd, lazily: the first request finds out whether anybody is there. */
export function connectEtcd({ endpoints }: EtcdConnection): EtcdClient {
  const library = new Etcd3({
    hosts: [...endpoints],
    grpcOptions: GRPC_OPTIONS,
    // The library's own policies repeat writes whose outcome is unknown and stop all traffic for 5 s after three failures.
    faultHandling: { host: () => noop, global: noop },
  });
  return new LibraryClient(library);
}

class LibraryClient implements EtcdClient {
  readonly #library: Etcd3;

  constructor(library: Etcd3) {
    this.#library = library;
  }

  async range(request: RangeRequest, timeoutMs: number): Promise<RangeResult> {
    const response = await rethrow(this.#library.kv.range(toRangeRequest(request), within(timeoutMs)));
    return {
      revision: Number(response.header.revision),
      count: Number(response.count),
      kvs: response.kvs.map(fromKeyValue),
    };
  }

  async txn(txn: Txn, timeoutMs: number): Promise<TxnResult> {
    return fromTxnResponse(await rethrow(this.#library.kv.txn(toTxnRequest(txn), within(timeoutMs))));
  }

  async grantLease(id: LeaseId, ttlSeconds: number, timeoutMs: number): Promise<number> {
    const request = { ID: id, TTL: ttlSeconds };
    const response = await rethrow(this.#library.leaseClient.leaseGrant(request, within(timeoutMs)));
    return Number(response.TTL);
  }

  async revokeLease(id: LeaseId, timeoutMs: number): Promise<void> {
    await rethrow(this.#library.leaseClient.leaseRevoke({ ID: id }, within(timeoutMs)));
  }

  async leaseTimeToLive(id: LeaseId, timeoutMs: number): Promise<LeaseTime> {
    const request = { ID: id, keys: false };
    const response = await rethrow(this.#library.leaseClient.leaseTimeToLive(request, within(timeoutMs)));
    return { remaining: Number(response.TTL), granted: Number(response.grantedTTL) };
  }

  openKeepAlive(handlers: KeepAliveHandlers): KeepAliveStream {
    return openKeepAlive(this.#library.leaseClient, handlers);
  }

  openWatch(request: WatchRequest, handlers: WatchHandlers): WatchStream {
    return openWatch(this.#library.watchClient, request, handlers);
  }

  close(): void {
    this.#library.close();
  }
}

/** Without a deadline the library waits for ever for a server that is not there. */
function within(timeoutMs: number): { deadline: number } {
  return { deadline: Date.now() + timeoutMs };
}

async function rethrow<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toFailure(error);
  }
}

/** Texts of etcd's definite refusals; everything else leaves the outcome open. */
const REFUSALS: readonly (readonly [text: string, reason: EtcdFailureReason])[] = [
  ["lease already exists", "lease-exists"],
  ["requested lease not found", "lease-not-found"],
  ["too many operations", "refused"],
  ["permission denied", "refused"],
];

function toFailure(error: unknown): EtcdFailure {
  const message = error instanceof Error ? error.message : String(error);
  const refusal = REFUSALS.find(([text]) => message.includes(text));
  return new EtcdFailure(refusal?.[1] ?? "unavailable", message, { cause: error });
}
