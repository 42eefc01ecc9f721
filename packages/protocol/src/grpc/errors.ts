import { type Client, Metadata, type ServiceError, status, type StatusObject } from "@grpc/grpc-js";
import { type ErrorCode, type ErrorDetails, GoverseError } from "@goverse/core";
import { decodeErrorStatus, encodeErrorStatus, ERROR_TRAILER } from "../error-status.ts";
import { shorten } from "../foreign.ts";
import { codeOfGrpcStatus, grpcStatusOf } from "../status-table.ts";

/** A failure as grpc-js sends it: give it to a unary callback, or emit it as a stream's `error`. */
export function toStatus(error: GoverseError): StatusObject & Error {
  const metadata = new Metadata();
  const bytes = encodeErrorStatus(error);
  metadata.set(ERROR_TRAILER, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const details = shorten(error.message);
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the status table knows numbers, so that browsers need no grpc-js
  const code = grpcStatusOf(error.code) as StatusObject["code"];
  return Object.assign(new Error(details), { code, details, metadata });
}

/** What the caller knows about a call that failed. */
export interface FailedCall {
  /** Identifies the call; it goes into errors of unknown outcome. Streams have none. */
  readonly callId?: string | undefined;
  /** Whom it went to, for the message. */
  readonly peer: string;
  /**
   * Whether a connection had been found for the call when it failed. Before that nothing can have reached the peer; after it,
   * everything may have.
   */
  readonly onConnection: boolean;
  /** Whether the caller itself gave the call up. A peer that dies looks like a cancelled call, too. */
  readonly cancelled: boolean;
}

/**
 * The failure behind an error of grpc-js. With our detail it is the peer's own; without, it comes from the transport and is judged
 * by what it proves: only a call that provably did not reach the peer's handler is `UNAVAILABLE`.
 */
export function fromServiceError(error: ServiceError, call: FailedCall): GoverseError {
  const own = peersError(error);
  if (own !== undefined) return own;
  const code = classify(error, call);
  const details: ErrorDetails = call.callId === undefined ? {} : { callId: call.callId };
  return new GoverseError(code, `${call.peer}: ${shorten(error.details || error.message)}`, details, { cause: error });
}

function peersError(error: ServiceError): GoverseError | undefined {
  const [bytes] = error.metadata?.get(ERROR_TRAILER) ?? [];
  return bytes instanceof Uint8Array ? decodeErrorStatus(bytes) : undefined;
}

function classify(error: ServiceError, { onConnection, cancelled }: FailedCall): ErrorCode {
  const { code, details } = error;
  if (cancelled && code === status.CANCELLED) return "CANCELLED";
  if (code === status.DEADLINE_EXCEEDED) return "DEADLINE_EXCEEDED";
  // Refused, unresolved, closed before it started, or the connection went away before the stream opened.
  if (!onConnection) return "UNAVAILABLE";
  // HTTP/2's REFUSED_STREAM: the peer says that it did not look at the request.
  if (code === status.UNAVAILABLE && details === "Stream refused by server") return "UNAVAILABLE";
  if (code === status.RESOURCE_EXHAUSTED && answeredWithoutMessage(error) && details.includes("larger than max")) {
    return "PAYLOAD_TOO_LARGE";
  }
  // Without our cancelling it, a cancelled stream is one that the peer or the network ended in the middle.
  return code === status.CANCELLED ? "UNKNOWN_OUTCOME" : codeOfGrpcStatus(code);
}

/** Whether the peer answered with nothing but a status: then headers came, and they are in the metadata. */
function answeredWithoutMessage(error: ServiceError): boolean {
  return (error.metadata?.get("content-type") ?? []).length > 0;
}

/**
 * Whether a call was given a connection: until then grpc-js names the target as written, afterwards the address it reached. A call
 * about which it says nothing may have had one.
 */
export function hasConnection(call: { getPeer(): string }, client: Client): boolean {
  return call.getPeer() !== client.getChannel().getTarget();
}
