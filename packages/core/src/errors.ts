/**
 * Everything that can go wrong, by what the caller can do about it. `@goverse/protocol` maps each code to one gRPC and one HTTP
 * status.
 *
 * - `NOT_OWNER`, `UNAVAILABLE`: the turn did not start; trying again is safe.
 * - `UNKNOWN_OUTCOME`: the turn may have run; only the caller knows whether running it twice is harmless.
 * - `DECLARED`: the method failed in a way its contract declares; name and data are in `details.declared`.
 * - `INTERNAL`: the method or the system failed; the detail stays in the server's log.
 */
export const ERROR_CODES = [
  "INVALID_ARGUMENT",
  "UNKNOWN_TYPE",
  "UNKNOWN_METHOD",
  "NOT_FOUND",
  "PAYLOAD_TOO_LARGE",
  "NOT_OWNER",
  "UNAVAILABLE",
  "UNKNOWN_OUTCOME",
  "DEADLINE_EXCEEDED",
  "CANCELLED",
  "MAILBOX_FULL",
  "RESOURCE_EXHAUSTED",
  "REENTRANT_CALL",
  "TURN_ENDED",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "UNSUPPORTED",
  "DECLARED",
  "INTERNAL",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a caller may learn besides code and message. Every field is safe to send to a client. */
export interface ErrorDetails {
  /** The argument or option that was wrong. */
  readonly field?: string;
  /** Identifies the call, to find it in logs. Always present with `UNKNOWN_OUTCOME`. */
  readonly callId?: string;
  /** Address of the node that owns the object, as far as the refusing node knows. Only with `NOT_OWNER`. */
  readonly owner?: string;
  /** Objects on the way of a refused re-entrant call, outermost first. Only with `REENTRANT_CALL`. */
  readonly path?: readonly string[];
  /** Name and data of a failure that the contract declares. Only with `DECLARED`. */
  readonly declared?: { readonly name: string; readonly data: unknown };
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
}

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

/** The only error class of the system. `instanceof` holds across two copies of this package. */
export class GoverseError extends Error {
  override readonly name = "GoverseError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Marks the class across copies of this package. */
  readonly "~goverse" = "error" as const;

  /**
   * @param message Names what was wrong, with which value, and the remedy. It may reach a client: no secrets, no paths.
   * @param options `cause` stays in this process.
   */
  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && (value as { "~goverse"?: unknown })["~goverse"] === "error";
  }

  /** Makes any thrown value a `GoverseError`. What is not one already becomes `INTERNAL`, with the original as `cause`. */
  static from(thrown: unknown): GoverseError {
    if (thrown instanceof GoverseError) return thrown;
    return new GoverseError("INTERNAL", "internal error", {}, { cause: thrown });
  }

  /** Whether the call provably did not start, so that anybody may send it again. */
  get notStarted(): boolean {
    return this.code === "NOT_OWNER" || this.code === "UNAVAILABLE";
  }
}

/** Whether `text` is one of {@link ERROR_CODES}. */
export function isErrorCode(text: string): text is ErrorCode {
  return CODES.has(text);
}

/** Shorthand for the commonest refusal: names the field, shows the value (shortened) and says what would be right. */
export function invalidArgument(field: string, value: unknown, remedy: string): GoverseError {
  return new GoverseError("INVALID_ARGUMENT", `${field} ${preview(value)} is not valid: ${remedy}`, { field });
}

/** Longest part of a bad value that an error repeats: enough to recognise it, too little to flood a log. */
const PREVIEW_LENGTH = 80;

function preview(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > PREVIEW_LENGTH ? `${text.slice(0, PREVIEW_LENGTH)}…` : text;
}
