import type { ErrorCode } from "@goverse/core";

/** How one error code shows on the two wires. */
export interface StatusRow {
  /** gRPC status code. */
  readonly grpc: number;
  /** HTTP status code. */
  readonly http: number;
}

/**
 * Error code ↔ gRPC status ↔ HTTP status: the only place that knows them together. Several codes share a status, so the code itself
 * travels too: in the trailer of gRPC, in the body of HTTP.
 */
export const STATUS_TABLE: Readonly<Record<ErrorCode, StatusRow>> = {
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  UNKNOWN_TYPE: { grpc: 5, http: 404 },
  // Not UNIMPLEMENTED: that says the RPC itself is missing, and makes clients fall back to another protocol.
  UNKNOWN_METHOD: { grpc: 5, http: 404 },
  NOT_FOUND: { grpc: 5, http: 404 },
  PAYLOAD_TOO_LARGE: { grpc: 8, http: 413 },
  NOT_OWNER: { grpc: 14, http: 503 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  // Not UNAVAILABLE: generic clients repeat that, and the call may have run.
  UNKNOWN_OUTCOME: { grpc: 2, http: 502 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  CANCELLED: { grpc: 1, http: 499 },
  MAILBOX_FULL: { grpc: 8, http: 429 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  // FAILED_PRECONDITION: the same call from the same turn is refused again; ABORTED would invite clients to repeat it.
  REENTRANT_CALL: { grpc: 9, http: 409 },
  TURN_ENDED: { grpc: 9, http: 409 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  UNSUPPORTED: { grpc: 12, http: 501 },
  DECLARED: { grpc: 9, http: 422 },
  INTERNAL: { grpc: 13, http: 500 },
};

/** gRPC status of a code. */
export function grpcStatusOf(code: ErrorCode): number {
  return STATUS_TABLE[code].grpc;
}

/** HTTP status of a code. */
export function httpStatusOf(code: ErrorCode): number {
  return STATUS_TABLE[code].http;
}

// The table read backwards, for answers without our detail. A status that does not prove that nothing ran is absent.
const GRPC_FALLBACK: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [1, "CANCELLED"],
  [3, "INVALID_ARGUMENT"],
  [4, "DEADLINE_EXCEEDED"],
  [5, "NOT_FOUND"],
  [7, "PERMISSION_DENIED"],
  [12, "UNSUPPORTED"],
  [16, "UNAUTHENTICATED"],
]);

const HTTP_FALLBACK: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [405, "UNSUPPORTED"],
  [408, "DEADLINE_EXCEEDED"],
  [413, "PAYLOAD_TOO_LARGE"],
  [415, "UNSUPPORTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [431, "PAYLOAD_TOO_LARGE"],
  [499, "CANCELLED"],
  [501, "UNSUPPORTED"],
]);

/** What a gRPC status means when no detail of ours came with it. */
export function codeOfGrpcStatus(status: number): ErrorCode {
  return GRPC_FALLBACK.get(status) ?? "UNKNOWN_OUTCOME";
}

/**
 * What an HTTP status means when the body is not ours, because a proxy answered. Its 5xx say nothing about whether the call ran;
 * its 4xx were answered without running it.
 */
export function codeOfHttpStatus(status: number): ErrorCode {
  return HTTP_FALLBACK.get(status) ?? (status >= 400 && status < 500 ? "INVALID_ARGUMENT" : "UNKNOWN_OUTCOME");
}
