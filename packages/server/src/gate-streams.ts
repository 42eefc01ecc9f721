import { type Address, GoverseError, type Logger, type PushMessage, type PushSink } from "@goverse/core";
import type { GateMessage } from "@goverse/protocol";
import { gateOfClient } from "./client-gate.ts";
import {
  broadcastMessage,
  clientMessage,
  type EncodedEvent,
  encodeEvent,
  fits,
  recipientsOf,
  REGISTERED,
  splitClientIds,
} from "./gate-messages.ts";
import { GateQueue, type GateQueueLimits, type GateWriter } from "./gate-queue.ts";

/** Most gates that one node keeps a stream to. Far above any real number of gates: it bounds what a broken client can hold open. */
export const MAX_GATES = 256;

/** Why a message did not go to a gate, as the metric of drops shows it. */
export const PUSH_DROP_REASONS = ["no_gate", "queue_full", "bad_client_id", "stream_lost", "too_large"] as const;

/** The server's end of a gate's stream: what is used of a gRPC call. */
export interface GateStream extends GateWriter<GateMessage> {
  on(event: "drain" | "close" | "cancelled" | "error", listener: () => void): unknown;
}

/** What the streams need from around them. */
export interface GateStreamsOptions {
  readonly metrics: { pushesDropped(reason: string, count?: number): void };
  readonly logger: Logger;
  /** Longest gRPC message, in bytes: a longer one would end the stream of a gate, so it is dropped. */
  readonly maxMessageBytes: number;
  readonly limits?: GateQueueLimits;
}

/**
 * The streams that gates have opened here, and the way of every push to its gate: client ids are grouped by gate, each gate gets one
 * envelope per event, and the order of what one node sends to one gate is kept. At most once: what does not fit is dropped, counted
 * by reason.
 */
export class GateStreams implements PushSink {
  readonly #queues = new Map<Address, GateQueue<GateMessage>>();
  readonly #options: GateStreamsOptions;
  #closed = false;

  constructor(options: GateStreamsOptions) {
    this.#options = options;
  }

  /** Gates that are connected now. */
  get gates(): readonly Address[] {
    return [...this.#queues.keys()];
  }

  /**
   * Takes over the stream of a gate, says that the registration stands, and ends an older stream of the same gate.
   * @throws GoverseError `UNAVAILABLE` while the node stops, `RESOURCE_EXHAUSTED` past {@link MAX_GATES}.
   */
  register(gate: Address, stream: GateStream): void {
    if (this.#closed) throw new GoverseError("UNAVAILABLE", "this node is stopping");
    const older = this.#queues.get(gate);
    if (older === undefined && this.#queues.size >= MAX_GATES) {
      throw new GoverseError("RESOURCE_EXHAUSTED", `this node already serves ${MAX_GATES} gates`);
    }
    older?.end();
    const queue = new GateQueue<GateMessage>(stream, this.#options.limits);
    this.#queues.set(gate, queue);
    stream.on("drain", () => queue.onDrain());
    for (const event of ["close", "cancelled", "error"] as const) stream.on(event, () => this.#lost(gate, queue));
    queue.offer(REGISTERED, 0);
    this.#options.logger.info("gate connected", { gate, replaced: older !== undefined });
  }

  push(messages: readonly PushMessage[]): void {
    for (const message of messages) {
      const event = encodeEvent(message);
      const isBroadcast = message.to === "everyone";
      if (!fits(event, this.#options.maxMessageBytes)) this.#drop("too_large", isBroadcast ? 1 : message.to.length);
      else if (message.to === "everyone") this.#broadcast(event);
      else this.#send(event, message.to);
    }
  }

  /** Ends every stream after what waits for it, and takes no new ones. */
  close(): void {
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.end();
    this.#queues.clear();
  }

  #broadcast(event: EncodedEvent): void {
    const { envelope, bytes } = broadcastMessage(event);
    for (const queue of this.#queues.values()) {
      if (!queue.offer(envelope, bytes)) this.#drop("queue_full", 1);
    }
  }

  #send(event: EncodedEvent, clientIds: readonly string[]): void {
    for (const [gate, ids] of this.#groupByGate(clientIds)) {
      const queue = this.#queues.get(gate);
      if (queue === undefined) {
        this.#drop("no_gate", ids.length);
        continue;
      }
      for (const portion of splitClientIds(ids)) {
        const { envelope, bytes } = clientMessage(event, portion);
        if (!queue.offer(envelope, bytes)) this.#drop("queue_full", portion.length);
      }
    }
  }

  #groupByGate(clientIds: readonly string[]): Map<Address, string[]> {
    const groups = new Map<Address, string[]>();
    for (const id of clientIds) {
      const gate = gateOfClient(id);
      if (gate === undefined) {
        this.#drop("bad_client_id", 1);
        continue;
      }
      const group = groups.get(gate);
      if (group === undefined) groups.set(gate, [id]);
      else group.push(id);
    }
    return groups;
  }

  #lost(gate: Address, queue: GateQueue<GateMessage>): void {
    const lost = queue.abandon().reduce((sum, message) => sum + recipientsOf(message), 0);
    if (lost > 0) this.#drop("stream_lost", lost);
    if (this.#queues.get(gate) !== queue) return;
    this.#queues.delete(gate);
    this.#options.logger.info("gate disconnected", { gate });
  }

  #drop(reason: (typeof PUSH_DROP_REASONS)[number], count: number): void {
    this.#options.metrics.pushesDropped(reason, count);
  }
}
