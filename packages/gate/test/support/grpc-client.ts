import { Client, type ClientReadableStream, credentials, type ServiceError } from "@grpc/grpc-js";
import { type GoverseError, jsonPayload, jsonTextOf } from "@goverse/core";
import {
  anyToEvent,
  anyToPayload,
  anyToRegistration,
  CALL_ID_HEADER,
  GateService,
  payloadToAny,
  REPEATABLE_HEADER,
} from "@goverse/protocol";
import { callUnary, fromServiceError, methodDefinition, type UnaryCallOptions } from "@goverse/protocol/grpc";
import { until } from "./cluster.ts";

/** What a call may say beside its input. */
export interface TestCallOptions {
  readonly timeoutMs?: number;
  readonly clientId?: string;
  readonly callId?: string;
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
}

/** A plain gRPC client of a gate, that speaks JSON. */
export class GrpcClient {
  readonly #client: Client;
  readonly #streams: Registered[] = [];

  constructor(address: string) {
    this.#client = new Client(`dns:${address}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  }

  async call(
    type: string,
    id: string,
    method: string,
    input?: unknown,
    options: TestCallOptions = {},
  ): Promise<unknown> {
    const request = {
      type,
      id,
      method,
      clientId: options.clientId ?? "",
      ...(input === undefined ? {} : { request: payloadToAny(jsonPayload(JSON.stringify(input))) }),
    };
    const { response } = await callUnary(this.#client, GateService.method.callObject, request, this.#options(options));
    const text = jsonTextOf(response === undefined ? undefined : anyToPayload(response));
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  async create(type: string, id: string): Promise<string> {
    return (await callUnary(this.#client, GateService.method.createObject, { type, id }, this.#options({}))).id;
  }

  async delete(type: string, id: string): Promise<boolean | undefined> {
    return (await callUnary(this.#client, GateService.method.deleteObject, { type, id }, this.#options({}))).existed;
  }

  async reliableCall(callId: string): Promise<{ status: string; error: string }> {
    const request = { callId, type: "Room", id: "a", method: "Touch" };
    return callUnary(this.#client, GateService.method.reliableCallObject, request, this.#options({}));
  }

  /** Opens the push stream and waits for the client id. */
  async register(): Promise<Registered> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(GateService.method.register);
    const request = { $typeName: "gate.Empty" } as const;
    const stream = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    const registered = new Registered(stream);
    this.#streams.push(registered);
    await until("the gate greets the client", () => registered.clientId !== "" || registered.ended);
    return registered;
  }

  /** Drops the connection without a word. */
  close(): void {
    for (const stream of this.#streams) stream.close();
    this.#client.close();
  }

  #options(options: TestCallOptions): UnaryCallOptions {
    return {
      timeoutMs: options.timeoutMs ?? 10_000,
      callId: options.callId ?? "",
      peer: "the gate",
      maxBytes: 16 * 1024 * 1024,
      signal: options.signal,
      headers: {
        ...(options.callId === undefined ? {} : { [CALL_ID_HEADER]: options.callId }),
        ...(options.repeatable === undefined ? {} : { [REPEATABLE_HEADER]: String(options.repeatable) }),
      },
    };
  }
}

/** A push stream. */
export class Registered {
  clientId = "";
  readonly messages: unknown[] = [];
  ended = false;
  error: GoverseError | undefined;
  readonly #stream: ClientReadableStream<Parameters<typeof anyToEvent>[0]>;

  constructor(stream: ClientReadableStream<Parameters<typeof anyToEvent>[0]>) {
    this.#stream = stream;
    stream.on("data", (any: Parameters<typeof anyToEvent>[0]) => {
      const clientId = anyToRegistration(any);
      const event = anyToEvent(any);
      if (clientId !== undefined) this.clientId = clientId;
      else if (event !== undefined) this.messages.push(JSON.parse(jsonTextOf(event.payload) ?? "null"));
    });
    stream.on("error", (error: ServiceError) => {
      this.error = fromServiceError(error, { peer: "the gate", onConnection: true, cancelled: false });
    });
    stream.on("close", () => (this.ended = true));
  }

  /** Stops reading, as a stuck program does. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#stream.cancel();
  }
}
