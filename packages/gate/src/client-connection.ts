import type { ClientType } from "@goverse/metrics";
import type { PushedMessage } from "./pushed-message.ts";

/** Most messages that wait for one client: a second or two of a very busy room. */
export const MAX_QUEUED_MESSAGES = 1_000;
/** Most bytes that wait for one client: ten thousand stuck clients then cost no more than a machine has. */
export const MAX_QUEUED_BYTES: number = 1024 * 1024;

/** Why the gate ends a client's stream. */
export type CloseReason = "slow" | "stopping";

/** What one protocol does to reach its client. */
export interface ClientTransport {
  readonly type: ClientType;
  /** Tells the client its id: the first thing on the stream. False when nothing more should be written until `drained()`. */
  greet(clientId: string): boolean;
  /** Hands a message to the socket. False when nothing more should be written until `drained()`. */
  write(message: PushedMessage): boolean;
  /** Ends the stream and tells the client why. */
  close(reason: CloseReason): void;
}

/** Bounds of one client's queue. */
export interface QueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** What became of an offered message. */
export type Offered = "taken" | "overflow";

/**
 * The messages on their way to one client, in order.
 *
 * A client that cannot follow is disconnected rather than skipped: after a gap it could not know what it missed, while a new
 * connection makes it ask for the state again. And nobody else waits for it.
 */
export class ClientConnection {
  readonly id: string;
  readonly transport: ClientTransport;
  readonly #limits: QueueLimits;
  #queue: PushedMessage[] = [];
  #queuedBytes = 0;
  #blocked: boolean;

  constructor(id: string, transport: ClientTransport, limits: QueueLimits) {
    this.id = id;
    this.transport = transport;
    this.#limits = limits;
    this.#blocked = !transport.greet(id);
  }

  /** Messages that wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Sends the message, or lets it wait. `overflow`: it does not fit, and the client has to go. */
  offer(message: PushedMessage): Offered {
    if (!this.#blocked) {
      this.#blocked = !this.transport.write(message);
      return "taken";
    }
    const { maxMessages, maxBytes } = this.#limits;
    const bytes = this.#queuedBytes + message.sizeBytes;
    if (this.#queue.length >= maxMessages || bytes > maxBytes) return "overflow";
    this.#queue.push(message);
    this.#queuedBytes = bytes;
    return "taken";
  }

  /** The socket has room again. */
  drained(): void {
    this.#blocked = false;
    let sent = 0;
    for (const message of this.#queue) {
      if (this.#blocked) break;
      this.#queuedBytes -= message.sizeBytes;
      this.#blocked = !this.transport.write(message);
      sent += 1;
    }
    this.#queue = this.#queue.slice(sent);
  }

  /** Forgets what waits. Returns how many messages that were. */
  abandon(): number {
    const lost = this.#queue.length;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#blocked = true;
    return lost;
  }
}
