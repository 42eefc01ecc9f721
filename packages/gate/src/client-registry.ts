import { GoverseError, type Logger } from "@goverse/core";
import type { ClientType, GoverseMetrics } from "@goverse/metrics";
import {
  ClientConnection,
  type ClientTransport,
  type CloseReason,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_MESSAGES,
  type QueueLimits,
} from "./client-connection.ts";
import type { PushedMessage } from "./pushed-message.ts";

/** Why messages to clients are lost, as `reason` of `goverse_pushes_dropped_total`. */
const PUSH_DROP_REASONS = ["client_unknown", "client_slow", "client_gone"] as const;

/** What a registry needs. */
export interface ClientRegistryOptions {
  /** Makes the id of a new client. */
  readonly newId: () => string;
  /** Most clients at a time. */
  readonly maxClients: number;
  readonly metrics: Pick<GoverseMetrics, "declareReasons" | "observeClients" | "pushesDropped">;
  readonly logger: Logger;
  readonly limits?: QueueLimits;
}

/** The clients that hold a push stream at this gate, and the way to each. */
export class ClientRegistry {
  readonly #options: ClientRegistryOptions;
  readonly #limits: QueueLimits;
  readonly #clients = new Map<string, ClientConnection>();
  // Both types exist from the start, so that their gauges read 0 instead of nothing.
  readonly #counts = new Map<ClientType, number>([
    ["grpc", 0],
    ["sse", 0],
  ]);
  #open = true;

  constructor(options: ClientRegistryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? { maxMessages: MAX_QUEUED_MESSAGES, maxBytes: MAX_QUEUED_BYTES };
    options.metrics.declareReasons({ pushDrops: PUSH_DROP_REASONS });
    options.metrics.observeClients(() => this.#counts);
  }

  /** Number of clients. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * Lets a client in and greets it with its id.
   * @throws GoverseError `UNAVAILABLE` when the gate is stopping, `RESOURCE_EXHAUSTED` when it is full.
   */
  add(transport: ClientTransport): ClientConnection {
    if (!this.#open) throw new GoverseError("UNAVAILABLE", "this gate is stopping; connect to another one");
    if (this.#clients.size >= this.#options.maxClients) {
      throw new GoverseError(
        "RESOURCE_EXHAUSTED",
        `this gate holds its limit of ${this.#options.maxClients} client streams; connect to another one or raise maxClients`,
      );
    }
    const client = new ClientConnection(this.#options.newId(), transport, this.#limits);
    this.#clients.set(client.id, client);
    this.#count(transport.type, 1);
    return client;
  }

  /** The client's stream has ended, whoever ended it. Harmless when it is no longer here. */
  remove(client: ClientConnection): void {
    if (this.#forget(client)) this.#dropped("client_gone", client.abandon());
  }

  /** Sends a message to some clients. Ids that are not here are counted. */
  deliver(clientIds: readonly string[], message: PushedMessage): void {
    for (const id of clientIds) {
      const client = this.#clients.get(id);
      if (client === undefined) this.#dropped("client_unknown", 1);
      else this.#offer(client, message);
    }
  }

  /** Sends a message to every client. */
  broadcast(message: PushedMessage): void {
    for (const client of this.#clients.values()) this.#offer(client, message);
  }

  /** Ends every stream and lets no new client in. */
  close(reason: CloseReason): void {
    this.#open = false;
    for (const client of this.#clients.values()) this.#disconnect(client, reason, "client_gone", 0);
  }

  #offer(client: ClientConnection, message: PushedMessage): void {
    if (client.offer(message) === "taken") return;
    this.#options.logger.warn("a client reads too slowly and is disconnected", {
      clientId: client.id,
      clientType: client.transport.type,
      queued: client.queued,
    });
    this.#disconnect(client, "slow", "client_slow", 1);
  }

  #disconnect(client: ClientConnection, reason: CloseReason, dropReason: DropReason, extraDrops: number): void {
    if (!this.#forget(client)) return;
    this.#dropped(dropReason, client.abandon() + extraDrops);
    client.transport.close(reason);
  }

  #forget(client: ClientConnection): boolean {
    if (!this.#clients.delete(client.id)) return false;
    this.#count(client.transport.type, -1);
    return true;
  }

  #dropped(reason: DropReason, count: number): void {
    if (count > 0) this.#options.metrics.pushesDropped(reason, count);
  }

  #count(type: ClientType, change: number): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + change);
  }
}

type DropReason = (typeof PUSH_DROP_REASONS)[number];
