import { type Address, EpochGuard } from "@goverse/core";
import { Consensus } from "@goverse/consensus";
import { createMetrics, type GoverseMetrics } from "@goverse/metrics";
import { PeerPool } from "@goverse/protocol/grpc";
import { ClientRegistry } from "./client-registry.ts";
import { randomIds } from "./ids.ts";
import { NodeStreams } from "./node-streams.ts";
import type { ResolvedGateOptions } from "./options.ts";
import { pushFrames } from "./push-frame.ts";
import { Router } from "./router.ts";

/** The parts of a gate, wired to each other and not started. */
export interface GateParts {
  readonly address: Address;
  readonly metrics: GoverseMetrics;
  readonly clients: ClientRegistry;
  readonly router: Router;
  readonly streams: NodeStreams;
  readonly peers: PeerPool;
  readonly consensus: Consensus;
}

/** Range of versions of the protocol between processes that this package speaks. */
const PROTOCOL = { min: 1, max: 1 };

/** What happens inside the parts that the gate has to know. */
export interface GatePartsEvents {
  /** Something that readiness depends on may have changed. */
  readonly onChange: () => void;
  /** A reply came from an owner who had been replaced. */
  readonly onStaleReply: () => void;
}

/**
 * Makes the parts of the gate at `address`.
 * @param opsAddress Where its metrics are, if anywhere.
 */
export function createGateParts(
  options: ResolvedGateOptions,
  address: Address,
  opsAddress: Address | undefined,
  events: GatePartsEvents,
): GateParts {
  const { clock, random, shardCount, version, times } = options;
  const logger = options.logger.child({ gate: address });
  const metrics = createMetrics({ node: address, role: "gate", version, shardCount, clock, logger });
  const peers = new PeerPool({
    maxMessageBytes: options.maxMessageBytes,
    link: {
      cluster: options.etcdPrefix,
      shardCount,
      address,
      incarnation: () => consensus.incarnation ?? 0,
      role: "gate",
    },
  });
  const clients = new ClientRegistry({
    newId: () => randomIds.client(address),
    maxClients: options.maxClients,
    metrics,
    logger,
  });
  const consensus: Consensus = new Consensus({
    role: "gate",
    address,
    etcdEndpoints: options.etcdEndpoints,
    etcdPrefix: options.etcdPrefix,
    shardCount,
    leaseTtlSeconds: Math.ceil(times.leaseTtlMs / 1000),
    requestTimeoutMs: times.etcdTimeoutMs,
    meta: { version, types: [], protocol: PROTOCOL, ...(opsAddress === undefined ? {} : { opsAddress }) },
    clock,
    logger,
    random,
  });
  const router = new Router({
    shardCount,
    locate: (place) => consensus.view.locate(place),
    connect: (node) => peers.get(node),
    epochs: new EpochGuard(shardCount),
    newCallId: randomIds.call,
    maxInFlight: options.maxInFlight,
    onStaleReply: events.onStaleReply,
    clock,
    random,
    logger,
  });
  const streams = new NodeStreams({
    gateAddress: address,
    connect: (node) => peers.get(node),
    clients,
    encode: pushFrames(logger),
    clock,
    random,
    logger,
    onChange: events.onChange,
  });
  return { address, metrics, clients, router, streams, peers, consensus };
}
