import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Client, type ClientUnaryCall, Metadata, type ServiceError } from "@grpc/grpc-js";
import { GoverseError, invalidArgument } from "@goverse/core";
import { fromServiceError, hasConnection } from "./errors.ts";

/** What a call needs besides method and request. */
export interface UnaryCallOptions {
  /** Time until the call is given up, in milliseconds. It travels with the call. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Identifies the call in errors of unknown outcome. */
  readonly callId: string;
  /** Whom the client is connected to, for messages. */
  readonly peer: string;
  /** Longest request, in bytes. */
  readonly maxBytes: number;
  /** Sent along as metadata, as `x-goverse-call-id`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

type UnaryMethod<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly methodKind: "unary";
  readonly input: Input;
  readonly output: Output;
};

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * Makes one unary call. It does not wait for a peer that is away: the caller knows better where to try next.
 * @throws GoverseError with the code that the evidence supports: see `fromServiceError`. `PAYLOAD_TOO_LARGE` before anything is sent.
 */
export async function callUnary<Input extends DescMessage, Output extends DescMessage>(
  client: Client,
  method: UnaryMethod<Input, Output>,
  request: MessageInitShape<Input>,
  options: UnaryCallOptions,
): Promise<MessageShape<Output>> {
  if (options.signal?.aborted === true) throw new GoverseError("CANCELLED", "the caller gave the call up");
  const bytes = encode(method, request, options);
  const reply = await send(client, `/${method.parent.typeName}/${method.name}`, bytes, options);
  try {
    return fromBinary(method.output, reply);
  } catch (error) {
    const message = `${options.peer} sent a reply that cannot be read`;
    throw new GoverseError("UNKNOWN_OUTCOME", message, { callId: options.callId }, { cause: error });
  }
}

// Encoded here and not by grpc-js, which would report a value that cannot be encoded like an answer of the peer.
function encode<Input extends DescMessage>(
  method: UnaryMethod<Input, DescMessage>,
  request: MessageInitShape<Input>,
  { maxBytes }: UnaryCallOptions,
): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = toBinary(method.input, create(method.input, request));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalidArgument(`${method.name} request`, why, "it must fit its message type");
  }
  if (bytes.length > maxBytes) {
    throw new GoverseError("PAYLOAD_TOO_LARGE", `the request has ${bytes.length} bytes, at most ${maxBytes} are sent`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function send(client: Client, path: string, bytes: Buffer, options: UnaryCallOptions): Promise<Buffer> {
  const { signal, timeoutMs, callId, peer, headers } = options;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers ?? {})) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    let call: ClientUnaryCall;
    const cancel = (): void => call.cancel();
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      signal?.removeEventListener("abort", cancel);
      if (error === null && reply !== undefined) return resolve(reply);
      const onConnection = hasConnection(call, client);
      const cancelled = signal?.aborted === true;
      reject(
        error === null
          ? new GoverseError("UNKNOWN_OUTCOME", `${peer} sent no reply`, { callId })
          : fromServiceError(error, { callId, peer, onConnection, cancelled }),
      );
    };
    try {
      call = client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, { deadline: Date.now() + timeoutMs }, done);
    } catch (error) {
      // grpc-js throws only when the channel was closed.
      return reject(new GoverseError("UNAVAILABLE", `${peer}: the connection is closed`, { callId }, { cause: error }));
    }
    signal?.addEventListener("abort", cancel, { once: true });
  });
}
