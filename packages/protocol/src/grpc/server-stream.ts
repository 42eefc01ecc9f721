import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Client, ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { GoverseError } from "@goverse/core";
import { fromServiceError, hasConnection } from "./errors.ts";
import { methodDefinition } from "./service-definition.ts";

/** What happens on a stream that the other end writes. */
export interface ServerStreamEvents<Message> {
  readonly onMessage: (message: Message) => void;
  /** The stream is over, exactly once; with an error unless one side ended it in an orderly way. */
  readonly onEnd: (error: GoverseError | undefined) => void;
}

/** An open stream. */
export interface ServerStream {
  /** Ends it in an orderly way. */
  close(): void;
}

type StreamMethod<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly methodKind: "server_streaming";
  readonly input: Input;
  readonly output: Output;
};

/** Opens a stream that the other end writes. It has no deadline, does not wait for a peer that is away, and is not reopened. */
export function openServerStream<Input extends DescMessage, Output extends DescMessage>(
  client: Client,
  method: StreamMethod<Input, Output>,
  request: MessageInitShape<Input>,
  peer: string,
  events: ServerStreamEvents<MessageShape<Output>>,
): ServerStream {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  let stream: ClientReadableStream<MessageShape<Output>>;
  let closed = false;
  let over = false;
  const end = (error?: ServiceError): void => {
    if (over) return;
    over = true;
    const onConnection = hasConnection(stream, client);
    const failed = error !== undefined && !closed;
    events.onEnd(failed ? fromServiceError(error, { peer, onConnection, cancelled: false }) : undefined);
  };
  try {
    stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, create(method.input, request));
  } catch (error) {
    const closedClient = new GoverseError("UNAVAILABLE", `${peer}: the connection is closed`, {}, { cause: error });
    queueMicrotask(() => events.onEnd(closedClient));
    return { close: () => {} };
  }
  stream.on("data", events.onMessage);
  stream.on("error", end);
  stream.on("end", () => end());
  return {
    close: () => {
      closed = true;
      stream.cancel();
    },
  };
}
