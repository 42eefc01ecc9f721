import type { Address } from "@goverse/core";
import { Consensus } from "@goverse/consensus";
import { createMetrics, type GoverseMetrics } from "@goverse/metrics";
import { Node } from "@goverse/node";
import { type LinkIdentity, PeerPool } from "@goverse/protocol/grpc";
import { GateStreams, PUSH_DROP_REASONS } from "./gate-streams.ts";
import { ObjectCalls } from "./object-calls.ts";
import type { ResolvedServerOptions } from "./options.ts";

/** The parts of a node, wired to each other and not started. */
export interface NodeParts {
  readonly address: Address;
  readonly metrics: GoverseMetrics;
  readonly node: Node;
  readonly consensus: Consensus;
  readonly calls: ObjectCalls;
  readonly gates: GateStreams;
  readonly peers: PeerPool;
  /** Who this node is on the links from and to others. */
  readonly link: LinkIdentity;
}

/** Range of versions of the protocol between processes that this package speaks. */
const PROTOCOL = { min: 1, max: 1 };

/**
 * Makes the parts of the node at `address`.
 * @param opsAddress Where its metrics are, if anywhere.
 */
export function createNodeParts(
  options: ResolvedServerOptions,
  address: Address,
  opsAddress: Address | undefined,
): NodeParts {
  const { clock, random, shardCount, version, times } = options;
  const logger = options.logger.child({ node: address });
  const metrics = createMetrics({ node: address, role: "node", version, shardCount, clock, logger });
  const link: LinkIdentity = {
    cluster: options.etcdPrefix,
    shardCount,
    address,
    incarnation: () => consensus.incarnation ?? 0,
    role: "node",
  };
  const peers = new PeerPool({ maxMessageBytes: options.maxMessageBytes, link });
  const gates = new GateStreams({ metrics, logger, maxMessageBytes: options.maxMessageBytes });
  metrics.declareReasons({ pushDrops: PUSH_DROP_REASONS });
  // Objects, calls and consensus need each other; each of these functions is only called once all are there.
  const calls: ObjectCalls = new ObjectCalls({
    address,
    shardCount,
    locate: (place) => consensus.view.locate(place),
    node: () => node,
    peers,
    clock,
    random,
  });
  const node: Node = new Node({
    address,
    shardCount,
    implementations: options.objects,
    ownership: { epochOf: (place) => consensus.ownership.epochOf(place) },
    calls,
    pushes: gates,
    metrics,
    incarnation: () => consensus.incarnation ?? 0,
    clock,
    // It names itself in every line.
    logger: options.logger,
  });
  const consensus: Consensus = new Consensus({
    role: "node",
    address,
    etcdEndpoints: options.etcdEndpoints,
    etcdPrefix: options.etcdPrefix,
    shardCount,
    leaseTtlSeconds: Math.ceil(times.leaseTtlMs / 1000),
    connectTimeoutMs: options.etcdConnectTimeoutMs,
    requestTimeoutMs: times.etcdTimeoutMs,
    meta: {
      version,
      types: [...node.types()],
      protocol: PROTOCOL,
      ...(opsAddress === undefined ? {} : { opsAddress }),
    },
    ...(options.expectNodes === undefined ? {} : { expectNodes: options.expectNodes }),
    holder: node.holder,
    metrics,
    clock,
    logger,
    random,
  });
  metrics.observeShards(() => consensus.summary());
  return { address, metrics, node, consensus, calls, gates, peers, link };
}
