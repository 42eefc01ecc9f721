import { noop } from "cockatiel";
import { Etcd3 } from "etcd3";
import type { IDuplexStream, IWatchRequest, IWatchResponse } from "etcd3";

/** Long enough for a loaded machine, short enough to fail a test with a reason. */
const CALL_TIMEOUT_MS = 10_000;

/** A client that sends exactly what it is told: no retries, no breaker, a deadline on every unary call. */
export function rawClient(address: string): Etcd3 {
  return new Etcd3({
    hosts: address,
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + CALL_TIMEOUT_MS }),
    grpcOptions: { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 },
  });
}

/** Fields that name the cluster and not what it stores. */
const IDENTITY = new Set(["cluster_id", "member_id", "raft_term"]);

/** An answer as plain data: bytes as text with one character per byte, without what identifies the server. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !IDENTITY.has(name))
      .map(([name, inner]) => [name, plain(inner)]),
  );
}

/** The answer to a call as plain data, or its error as `"ERROR <code> <NAME>: <text>"`. */
export async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return plain(await call);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // The client library wraps the text about an unknown lease in words of its own.
    return `ERROR ${text.replace(/^Lease (.*) is expired or revoked$/, "$1")}`;
  }
}

/** A watch stream that writes down what it receives. */
export interface RecordedWatch {
  readonly messages: readonly WatchMessage[];
  send(request: IWatchRequest): void;
  /** Empties `messages`, so that a long run does not compare the same ones again and again. */
  forget(): void;
  close(): void;
}

/** One message of a watch stream as plain data. */
export interface WatchMessage {
  readonly header: { readonly revision: string };
  readonly watch_id: string;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly events: readonly Record<string, unknown>[];
}

/** Opens a watch stream on which requests are sent by hand. */
export async function recordWatch(client: Etcd3): Promise<RecordedWatch> {
  const stream: IDuplexStream<IWatchRequest, IWatchResponse> = await client.watchClient.watch();
  const messages: WatchMessage[] = [];
  stream.on("data", (message: IWatchResponse) => messages.push(plain(message) as WatchMessage));
  // The end of the server ends the stream with an error that nobody waits for.
  stream.on("error", () => {});
  return {
    messages,
    send: (request) => stream.write(request),
    forget: () => void messages.splice(0),
    // Not `cancel()`: the library takes that for a failure of the server and closes the connection under all other calls.
    close: () => stream.end(),
  };
}
