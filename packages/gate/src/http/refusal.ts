import type { ErrorCode } from "@goverse/core";

/** A request that HTTP itself refuses, before anything is called: a `GoverseError` whose status says more than its code. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message Names what was wrong and the remedy. The client reads it. */
  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
