import {
  type Address,
  type Clock,
  invalidArgument,
  type Logger,
  MAX_SHARD_COUNT,
  type ShardHolder,
  silentLogger,
  systemClock,
} from "@goverse/core";
import { randomBytes } from "node:crypto";
import type { EtcdClient, LeaseId } from "./etcd/client.ts";
import type { MemberMeta } from "./member.ts";
import { type ConsensusMetrics, NO_METRICS } from "./metrics.ts";

/** How a process takes part in the cluster. */
export interface ConsensusOptions {
  /** `"node"` owns shards; `"gate"` only watches. */
  readonly role: "node" | "gate";
  /** Where others reach this process. Only one living process may have it. */
  readonly address: Address;
  /** All etcd members, as `host:port` or `http(s)://host:port`. */
  readonly etcdEndpoints: readonly string[];
  /** Speaks to etcd instead of a connection to {@link etcdEndpoints}, for simulations and fault tests. Closed at the end. */
  readonly client?: EtcdClient;
  /** What all keys of the cluster begin with, without a trailing slash. Default `/goverse`. */
  readonly etcdPrefix?: string;
  /** The same in every process of a cluster, for its whole life. */
  readonly shardCount: number;
  /** Time after which a dead process is replaced, in whole seconds. 10 in production, 5 locally. */
  readonly leaseTtlSeconds: number;
  /** Number of nodes that a starting cluster waits for (up to 10 s) before shards are dealt, instead of 300 ms of quiet. */
  readonly expectNodes?: number;
  /** What this process tells the others. */
  readonly meta: MemberMeta;
  /** Keeps the objects. Default: nobody does, as in a gate. */
  readonly holder?: ShardHolder;
  /** Default: nothing is recorded. */
  readonly metrics?: ConsensusMetrics;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Numbers from 0 to below 1, for jitter. */
  readonly random?: () => number;
  /** Makes lease ids: decimal text, positive, below 2^63, never the same twice in a cluster. Default: 63 random bits. */
  readonly newLeaseId?: () => LeaseId;
  /** How long `start` waits for etcd to answer, in milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Limit of one request to etcd, in milliseconds. Default: a third of the lease's time to live, at most 3000. */
  readonly requestTimeoutMs?: number;
  /** Difference between the fullest and the emptiest node that is left alone, as a fraction of an equal share. Default 0: one shard. */
  readonly imbalanceTolerance?: number;
  /** After this long without an owner although its target lives, a shard is given to another node; in milliseconds. Default 10,000. */
  readonly stuckShardMs?: number;
}

/** Options with every default filled in, checked. */
export interface ResolvedOptions extends Required<Omit<ConsensusOptions, "expectNodes" | "client">> {
  readonly expectNodes: number | undefined;
  readonly client: EtcdClient | undefined;
}

/** Longest lease: a dead node's shards wait for its end. etcd itself allows years. */
const MAX_LEASE_TTL_SECONDS = 300;
const MAX_REQUEST_TIMEOUT_MS = 3000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5000;
const DEFAULT_STUCK_SHARD_MS = 10_000;

const NOBODY: ShardHolder = { drain: () => Promise.resolve(), undrain: () => {}, drop: () => {} };

/** @throws GoverseError `INVALID_ARGUMENT` that names the option, its value and the remedy. */
export function resolveOptions(options: ConsensusOptions): ResolvedOptions {
  requireWhole("shardCount", options.shardCount, 1, MAX_SHARD_COUNT);
  requireWhole("leaseTtlSeconds", options.leaseTtlSeconds, 1, MAX_LEASE_TTL_SECONDS);
  if (options.expectNodes !== undefined) requireWhole("expectNodes", options.expectNodes, 1, Number.MAX_SAFE_INTEGER);
  if (options.etcdEndpoints.length === 0 || options.etcdEndpoints.some((endpoint) => endpoint.trim() === "")) {
    throw invalidArgument(
      "etcdEndpoints",
      options.etcdEndpoints.join(","),
      "give at least one, such as localhost:2379",
    );
  }
  if (new Set(options.etcdEndpoints.map((endpoint) => endpoint.startsWith("https:"))).size > 1) {
    throw invalidArgument(
      "etcdEndpoints",
      options.etcdEndpoints.join(","),
      "all of them begin with https: or none does",
    );
  }
  const etcdPrefix = options.etcdPrefix ?? "/goverse";
  if (!/^\/[^\s]*[^\s/]\/*$/.test(etcdPrefix)) {
    throw invalidArgument("etcdPrefix", etcdPrefix, "it begins with a slash and has a name, such as /goverse");
  }
  const imbalanceTolerance = options.imbalanceTolerance ?? 0;
  if (!(imbalanceTolerance >= 0)) {
    throw invalidArgument("imbalanceTolerance", imbalanceTolerance, "give a fraction from 0 up, such as 0.2 for 20 %");
  }
  const requestTimeoutMs = options.requestTimeoutMs ?? Math.min(MAX_REQUEST_TIMEOUT_MS, options.leaseTtlSeconds * 333);
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const stuckShardMs = options.stuckShardMs ?? DEFAULT_STUCK_SHARD_MS;
  requirePositive("requestTimeoutMs", requestTimeoutMs);
  requirePositive("connectTimeoutMs", connectTimeoutMs);
  requirePositive("stuckShardMs", stuckShardMs);
  return {
    ...options,
    etcdPrefix,
    imbalanceTolerance,
    requestTimeoutMs,
    connectTimeoutMs,
    stuckShardMs,
    expectNodes: options.expectNodes,
    client: options.client,
    holder: options.holder ?? NOBODY,
    metrics: options.metrics ?? NO_METRICS,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    random: options.random ?? Math.random,
    newLeaseId: options.newLeaseId ?? randomLeaseId,
  };
}

function randomLeaseId(): LeaseId {
  // etcd's lease ids are signed: the highest bit stays 0. 0 itself means "choose one for me".
  const id = randomBytes(8).readBigUInt64BE() >> 1n;
  return String(id === 0n ? 1n : id);
}

function requireWhole(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalidArgument(option, value, `give a whole number from ${min} to ${max}`);
}

function requirePositive(option: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw invalidArgument(option, value, "give a number of milliseconds above 0");
}

/** How to stop. */
export interface StopOptions {
  /** How long objects may take to move to other nodes before they are dropped, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}
