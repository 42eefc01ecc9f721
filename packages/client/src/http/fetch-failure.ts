import { GoverseError } from "@goverse/core";

/**
 * The failure behind a `fetch` that was rejected. Node says how far the request got: without a connection nothing was sent. A
 * browser says nothing, so there the request may have arrived.
 */
export function fromFetchFailure(thrown: unknown, gate: string, callId?: string): GoverseError {
  const code = neverConnected(thrown) ? "UNAVAILABLE" : "UNKNOWN_OUTCOME";
  const why = reasonOf(thrown);
  const message = code === "UNAVAILABLE" ? `${gate} cannot be reached` : `the connection to ${gate} failed`;
  return new GoverseError(code, `${message}: ${why}`, callId === undefined ? {} : { callId }, { cause: thrown });
}

/** Operations of the system that come before the first byte. */
const CONNECTING: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

function neverConnected(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  // One failure for each address that the name stands for.
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.length > 0 && causes.every(isConnectFailure);
}

function isConnectFailure(cause: unknown): boolean {
  if (typeof cause !== "object" || cause === null) return false;
  const { syscall, code } = cause as { readonly syscall?: unknown; readonly code?: unknown };
  return CONNECTING.has(syscall) || code === "UND_ERR_CONNECT_TIMEOUT";
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return cause instanceof Error && cause.message !== "" ? cause.message : thrown.message;
}
