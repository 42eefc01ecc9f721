import { type ErrorDetails, GoverseError, isErrorCode } from "@goverse/core";
import { isRecord, MAX_PATH_LENGTH, shorten } from "./foreign.ts";
import { codeOfHttpStatus, httpStatusOf } from "./status-table.ts";

/** Body of an HTTP answer that reports a failure. */
export interface ErrorJson {
  /** The message. */
  readonly error: string;
  /** One of the codes of the status table. */
  readonly code: string;
  /** What else the caller may learn; absent when there is nothing. */
  readonly details?: ErrorDetails;
}

/** The HTTP answer to a failure: its status and its body. */
export function errorToJson(error: GoverseError): { readonly status: number; readonly body: ErrorJson } {
  const body = { error: error.message, code: error.code };
  const hasDetails = Object.keys(error.details).length > 0;
  return { status: httpStatusOf(error.code), body: hasDetails ? { ...body, details: error.details } : body };
}

/**
 * The failure behind an HTTP answer. Never throws: the body may come from a proxy and be anything.
 * @param body The parsed JSON body, or the text when it was not JSON.
 * @param callId Put into the details when the answer brings none.
 */
export function errorFromJson(status: number, body: unknown, callId?: string): GoverseError {
  const own = callId === undefined ? {} : { callId };
  const json = isRecord(body) ? body : {};
  const message = json["error"];
  const code = json["code"];
  if (typeof message === "string" && typeof code === "string" && isErrorCode(code)) {
    return new GoverseError(code, shorten(message), { ...own, ...detailsFrom(json["details"]) });
  }
  const text = typeof body === "string" && body.trim() !== "" ? `: ${body.trim()}` : "";
  return new GoverseError(codeOfHttpStatus(status), shorten(`the gate answered HTTP ${status}${text}`), own);
}

function detailsFrom(value: unknown): ErrorDetails {
  if (!isRecord(value)) return {};
  const { field, callId, owner, path, declared, retryAfterMs } = value;
  return {
    ...(typeof field === "string" ? { field } : {}),
    ...(typeof callId === "string" ? { callId } : {}),
    ...(typeof owner === "string" ? { owner } : {}),
    ...(Array.isArray(path) ? { path: path.slice(0, MAX_PATH_LENGTH).map(String) } : {}),
    ...(isRecord(declared) && typeof declared["name"] === "string"
      ? { declared: { name: declared["name"], data: declared["data"] } }
      : {}),
    ...(typeof retryAfterMs === "number" && retryAfterMs >= 0 ? { retryAfterMs } : {}),
  };
}
