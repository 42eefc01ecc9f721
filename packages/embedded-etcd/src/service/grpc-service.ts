import { type DescMessage, type DescService, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";

/** A decoded request with its size on the wire, which etcd's limit is about. */
export interface Received<T> {
  readonly message: T;
  readonly byteLength: number;
}

/** Describes a Protobuf service in the terms of grpc-js. Handlers get `Received` requests and answer with messages. */
export function grpcService(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [
      method.localName,
      {
        path: `/${service.typeName}/${method.name}`,
        requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
        responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
        requestSerialize: encoder(method.input),
        requestDeserialize: receiver(method.input),
        responseSerialize: encoder(method.output),
        responseDeserialize: receiver(method.output),
      } satisfies MethodDefinition<unknown, unknown>,
    ]),
  );
}

function encoder<M extends DescMessage>(schema: M): (message: unknown) => Buffer {
  return (message) => {
    // Encoded already, because it goes to many.
    if (Buffer.isBuffer(message)) return message;
    const bytes = toBinary(schema, message as MessageShape<M>);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function receiver<M extends DescMessage>(schema: M): (bytes: Buffer) => Received<MessageShape<M>> {
  return (bytes) => ({ message: fromBinary(schema, bytes), byteLength: bytes.byteLength });
}
