import { GoverseError, type Payload } from "@goverse/core";
import { anyToPayload, eventToAny, GateService, payloadToAny, registrationToAny } from "@goverse/protocol";
import {
  addService,
  bind,
  createGrpcServer,
  stopGrpcServer,
  toStatus,
  type UnaryContext,
} from "@goverse/protocol/grpc";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { FakeGate, Seen, StartGate } from "./fake-gate.ts";

type PushStream = ServerWritableStream<unknown, ReturnType<typeof payloadToAny>>;

/** A gate over gRPC. */
export const startGrpcGate: StartGate = async (answer, port = 0) => {
  const seen: Seen[] = [];
  const streams = new Set<PushStream>();
  const server = createGrpcServer();
  let streamsOpened = 0;

  function record(request: Pick<Seen, "kind" | "type" | "id"> & Partial<Seen>, context: UnaryContext): Seen {
    const call: Seen = {
      ...request,
      callId: context.header("x-goverse-call-id"),
      timeoutMs: context.remainingMs,
      repeatable: context.header("x-goverse-repeatable"),
      signal: context.signal,
    };
    seen.push(call);
    return call;
  }

  addService(
    server,
    GateService,
    {
      register: (call) => {
        if (gate.refuse !== undefined) return void call.emit("error", toStatus(GoverseError.from(gate.refuse)));
        streams.add(call);
        call.on("cancelled", () => streams.delete(call));
        call.on("close", () => streams.delete(call));
        streamsOpened += 1;
        call.write(registrationToAny(`${gate.address}/${streamsOpened}`));
      },
      callObject: async ({ type, id, method, clientId, request }, context) => {
        const payload = anyToPayload(request);
        const call = { kind: "call", type, id, method, payload, clientId: clientId || undefined } as const;
        const reply = await answer(record(call, context));
        return reply === undefined ? {} : { response: payloadToAny(reply as Payload) };
      },
      createObject: async ({ type, id }, context) => {
        await answer(record({ kind: "create", type, id }, context));
        return { id };
      },
      deleteObject: async ({ type, id }, context) => {
        const existed = await answer(record({ kind: "destroy", type, id }, context));
        return typeof existed === "boolean" ? { existed } : {};
      },
    },
    { onInternalError: () => {} },
  );
  const write = (message: ReturnType<typeof payloadToAny>): void => {
    for (const stream of streams) stream.write(message);
  };
  const gate: FakeGate = {
    address: `127.0.0.1:${await bind(server, `127.0.0.1:${port}`)}`,
    seen,
    get streamCount() {
      return streams.size;
    },
    refuse: undefined,
    push: (event) => write(eventToAny(event)),
    pushGarbage: () =>
      write(payloadToAny({ typeUrl: "type.googleapis.com/goverse.Event", bytes: new Uint8Array([255]) })),
    heartbeat: () => {},
    endStreams: () => streams.forEach((stream) => stream.end()),
    cut: () => server.forceShutdown(),
    close: async () => void (await stopGrpcServer(server, 0)),
  };
  return gate;
};
