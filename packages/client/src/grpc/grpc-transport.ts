import { Client, credentials } from "@grpc/grpc-js";
import { type AnyContract, type CallRequest, GoverseError, parseAddress, type Payload } from "@goverse/core";
import {
  anyToEvent,
  anyToPayload,
  anyToRegistration,
  CALL_ID_HEADER,
  GateService,
  payloadToAny,
  REPEATABLE_HEADER,
} from "@goverse/protocol";
import { callUnary, channelOptions, openServerStream, type UnaryCallOptions } from "@goverse/protocol/grpc";
import type { Attempt, EventStreamHandlers, Transport } from "../transport.ts";

type PushedMessage = Parameters<typeof anyToEvent>[0];

/** What the transport needs. */
export interface GrpcTransportOptions {
  /** Addresses as `localhost:49000`. */
  readonly gates: readonly string[];
  readonly maxReplyBytes: number;
}

/** gRPC, for Node. */
export class GrpcTransport implements Transport {
  readonly gates: readonly string[];
  // The connection itself is watched by pings of HTTP/2.
  readonly heartbeats = false;
  readonly #maxBytes: number;
  readonly #clients = new Map<number, Client>();
  #closed = false;

  constructor({ gates, maxReplyBytes }: GrpcTransportOptions) {
    this.gates = gates.map((gate) => parseAddress(gate, "gates"));
    this.#maxBytes = maxReplyBytes;
  }

  async call(request: CallRequest, clientId: string | undefined, attempt: Attempt): Promise<Payload | undefined> {
    const { type, id, method } = request;
    const input = payloadToAny(request.payload);
    const message = { clientId: clientId ?? "", type, id, method, ...(input === undefined ? {} : { request: input }) };
    const reply = await callUnary(
      this.#client(attempt.gate),
      GateService.method.callObject,
      message,
      this.#with(attempt),
    );
    return anyToPayload(reply.response);
  }

  async create(type: string, id: string, attempt: Attempt): Promise<void> {
    const { createObject } = GateService.method;
    await callUnary(this.#client(attempt.gate), createObject, { type, id }, this.#with(attempt));
  }

  async destroy(type: string, id: string, attempt: Attempt): Promise<boolean> {
    const { deleteObject } = GateService.method;
    try {
      const reply = await callUnary(this.#client(attempt.gate), deleteObject, { type, id }, this.#with(attempt));
      return reply.existed ?? true;
    } catch (error) {
      if (error instanceof GoverseError && error.code === "NOT_FOUND") return false;
      throw error;
    }
  }

  openEvents(gate: number, handlers: EventStreamHandlers): { close(): void } {
    let over = false;
    const { register } = GateService.method;
    const stream = openServerStream(this.#client(gate), register, {}, this.gates[gate] ?? "", {
      onMessage: (message) => {
        if (!over) dispatch(message, handlers);
      },
      onEnd: (error) => {
        if (!over) handlers.onEnd(error);
      },
    });
    return {
      close: () => {
        over = true;
        stream.close();
      },
    };
  }

  adapt<C extends AnyContract>(contract: C): C {
    return contract;
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
  }

  #client(gate: number): Client {
    const known = this.#clients.get(gate);
    if (known !== undefined) return known;
    const target = `dns:${this.gates[gate] ?? ""}`;
    const client = new Client(target, credentials.createInsecure(), channelOptions(this.#maxBytes));
    if (this.#closed) client.close();
    this.#clients.set(gate, client);
    return client;
  }

  #with({ gate, timeoutMs, signal, callId, repeatable }: Attempt): UnaryCallOptions {
    const headers = { [CALL_ID_HEADER]: callId, ...(repeatable ? { [REPEATABLE_HEADER]: "true" } : {}) };
    return { timeoutMs, signal, callId, peer: this.gates[gate] ?? "", maxBytes: this.#maxBytes, headers };
  }
}

/** The first item is the registration. What is neither that nor an event of ours belongs to somebody else. */
function dispatch(message: PushedMessage, handlers: EventStreamHandlers): void {
  handlers.onAlive();
  try {
    const clientId = anyToRegistration(message);
    if (clientId !== undefined) return handlers.onRegistered(clientId);
    const event = anyToEvent(message);
    if (event !== undefined) handlers.onEvent(event);
  } catch (error) {
    handlers.onUnreadable(error);
  }
}
