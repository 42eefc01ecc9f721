import { type Address, type Clock, type GoverseError, type Logger, type Payload, type Timer } from "@goverse/core";
import { anyToPayload, type GateMessage } from "@goverse/protocol";
import type { PeerClient, ServerStream } from "@goverse/protocol/grpc";
import type { ClientRegistry } from "./client-registry.ts";
import { PushedMessage } from "./pushed-message.ts";

/** First and longest pause before a stream is opened again, in milliseconds: pushes are lost meanwhile, so it is short. */
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;

/** What the streams need from around them. */
export interface NodeStreamsOptions {
  readonly gateAddress: string;
  readonly connect: (node: Address) => Pick<PeerClient, "registerGate">;
  readonly clients: Pick<ClientRegistry, "deliver" | "broadcast">;
  /** Writes a message for event streams. */
  readonly encode: (payload: Payload) => string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Called when a node has answered for the first time, or failed to. */
  readonly onChange: () => void;
}

/** The stream from one node: open, or waiting to be opened again. */
interface NodeStream {
  stream: ServerStream | undefined;
  retry: Timer | undefined;
  failures: number;
  /** Whether the first attempt has come to something. */
  settled: boolean;
}

/** The streams over which pushes come: one from every live node, opened again whenever it breaks. */
export class NodeStreams {
  readonly #options: NodeStreamsOptions;
  readonly #nodes = new Map<Address, NodeStream>();

  constructor(options: NodeStreamsOptions) {
    this.#options = options;
  }

  /**
   * Whether every node knows this gate or has failed to answer: from then on a client that registers here misses no push for want
   * of a stream that is still being opened.
   */
  get settled(): boolean {
    return [...this.#nodes.values()].every(({ settled }) => settled);
  }

  /** Opens streams from nodes that are new, and forgets those that are gone. */
  setNodes(nodes: Iterable<Address>): void {
    const live = new Set(nodes);
    for (const [node, stream] of this.#nodes) if (!live.has(node)) this.#forget(node, stream);
    for (const node of live) if (!this.#nodes.has(node)) this.#add(node);
  }

  /** Ends all streams. */
  close(): void {
    this.setNodes([]);
  }

  #add(node: Address): void {
    const entry: NodeStream = { stream: undefined, retry: undefined, failures: 0, settled: false };
    this.#nodes.set(node, entry);
    this.#open(node, entry);
  }

  #forget(node: Address, entry: NodeStream): void {
    this.#nodes.delete(node);
    entry.retry?.cancel();
    entry.stream?.close();
  }

  #open(node: Address, entry: NodeStream): void {
    const { connect, gateAddress } = this.#options;
    entry.retry = undefined;
    entry.stream = connect(node).registerGate(gateAddress, {
      onRegistered: () => {
        entry.failures = 0;
        this.#options.logger.debug("pushes come from a node", { node });
        this.#settle(entry);
      },
      onMessage: (message) => this.#dispatch(message),
      onEnd: (error) => this.#ended(node, entry, error),
    });
  }

  #ended(node: Address, entry: NodeStream, error: GoverseError | undefined): void {
    if (this.#nodes.get(node) !== entry) return;
    const { clock, random, logger } = this.#options;
    entry.stream = undefined;
    const pauseMs = pauseBefore(entry.failures, random());
    entry.failures += 1;
    logger.info("no pushes come from a node", {
      node,
      retryInMs: Math.round(pauseMs),
      reason: error?.message ?? "ended",
    });
    entry.retry = clock.setTimer(pauseMs, () => this.#open(node, entry));
    this.#settle(entry);
  }

  #settle(entry: NodeStream): void {
    if (entry.settled) return;
    entry.settled = true;
    this.#options.onChange();
  }

  #dispatch(message: GateMessage["message"]): void {
    const { clients, encode } = this.#options;
    const any = message.case === "registerGateResponse" ? undefined : message.value?.message;
    if (any === undefined) return;
    const pushed = new PushedMessage(anyToPayload(any), encode);
    if (message.case === "clientMessage") clients.deliver(message.value.clientIds, pushed);
    else clients.broadcast(pushed);
  }
}

/** Pause after `failures` failures in a row, in milliseconds: doubling, and jittered so that gates do not come back together. */
export function pauseBefore(failures: number, random: number): number {
  const ceilingMs = Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** Math.min(failures, 10));
  return MIN_PAUSE_MS / 2 + random * (ceilingMs - MIN_PAUSE_MS / 2);
}
