import { type ClientUnaryCall, Client, credentials, type ServiceError } from "@grpc/grpc-js";
import type { GoverseError, Payload } from "@goverse/core";
import { Goverse, payloadToAny } from "@goverse/protocol";
import { callUnary, fromServiceError } from "@goverse/protocol/grpc";

/** Longest request this client sends: more than a server accepts. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Fields of a call, all of which may be wrong. */
export interface RawCall {
  readonly type?: string;
  readonly id?: string;
  readonly method?: string;
  readonly payload?: Payload;
  readonly clientId?: string;
  readonly callId?: string;
  readonly chain?: string[];
  readonly callerShard?: number;
  readonly callerEpoch?: bigint;
}

/** A gRPC client of one node without any of our own checks. */
export class RawClient {
  readonly client: Client;
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
    this.client = new Client(address, credentials.createInsecure(), { "grpc.max_send_message_length": MAX_BYTES });
  }

  /** Calls a method of an object; resolves to the encoded result. */
  async call({ payload, ...call }: RawCall, timeoutMs = 5000, signal?: AbortSignal): Promise<Payload | undefined> {
    const request = payloadToAny(payload);
    const message = { ...call, ...(request === undefined ? {} : { request }) };
    const reply = await callUnary(this.client, Goverse.method.callObject, message, this.options(timeoutMs, signal));
    return reply.response === undefined ? undefined : { typeUrl: reply.response.typeUrl, bytes: reply.response.value };
  }

  /** What `callUnary` needs. */
  options(timeoutMs = 5000, signal?: AbortSignal): Parameters<typeof callUnary>[3] {
    return { timeoutMs, signal, callId: "raw", peer: this.#address, maxBytes: MAX_BYTES };
  }

  /** Sends bytes that need not be a message; resolves to the failure, `undefined` when it was answered. */
  send(method: string, bytes: Uint8Array): Promise<GoverseError | undefined> {
    return new Promise((resolve) => {
      const asIs = (buffer: Buffer): Buffer => buffer;
      const done = (error: ServiceError | null): void =>
        resolve(
          error === null
            ? undefined
            : fromServiceError(error, { callId: "raw", peer: this.#address, onConnection: true, cancelled: false }),
        );
      const call: ClientUnaryCall = this.client.makeUnaryRequest(
        `/goverse.Goverse/${method}`,
        asIs,
        asIs,
        Buffer.from(bytes),
        { deadline: Date.now() + 5000 },
        done,
      );
      call.on("error", () => {});
    });
  }

  close(): void {
    this.client.close();
  }
}
