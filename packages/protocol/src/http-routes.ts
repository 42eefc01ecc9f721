import { GoverseError, invalidArgument } from "@goverse/core";
import { REPEATABLE_HEADER } from "./repeatable.ts";

/** Path of the event stream (Server-Sent Events), `GET`. */
export const EVENTS_PATH = "/api/v1/events";

const CALL_PREFIX = "/api/v1/call/";
const OBJECT_PREFIX = "/api/v1/objects/";

/** Header that names the client on whose behalf a request is made: the id from the event stream. */
export const CLIENT_ID_HEADER = "x-client-id";
/** Header with the time the caller is willing to wait, in whole milliseconds. */
export const TIMEOUT_HEADER = "x-goverse-timeout-ms";
/** Header that identifies a call in logs and errors. Without it the gate makes an id. */
export const CALL_ID_HEADER = "x-goverse-call-id";
/** The headers of a request that are not safelisted for CORS: what a gate must allow browsers to send. */
export const REQUEST_HEADERS: readonly string[] = [
  "content-type",
  CLIENT_ID_HEADER,
  TIMEOUT_HEADER,
  CALL_ID_HEADER,
  REPEATABLE_HEADER,
];

/** A path of the client API. The verb decides what happens: see {@link API_VERBS}. */
export type ApiPath =
  | { readonly kind: "call"; readonly type: string; readonly id: string; readonly method: string }
  | { readonly kind: "object"; readonly type: string; readonly id: string }
  | { readonly kind: "events" };

/** The verbs each kind of path takes. `PUT` of an object creates it, `DELETE` destroys it. */
export const API_VERBS: Readonly<Record<ApiPath["kind"], readonly string[]>> = {
  call: ["POST"],
  object: ["PUT", "DELETE"],
  events: ["GET"],
};

/** `/api/v1/call/{type}/{id}/{method}`. The body is the JSON input, absent for methods without one; so is the answer's. */
export function callPath(type: string, id: string, method: string): string {
  return `${CALL_PREFIX}${segment("type", type)}/${segment("object id", id)}/${segment("method", method)}`;
}

/** `/api/v1/objects/{type}/{id}`. */
export function objectPath(type: string, id: string): string {
  return `${OBJECT_PREFIX}${segment("type", type)}/${segment("object id", id)}`;
}

/**
 * Parses the path of a request, without its query. Every segment is decoded exactly once, so `a%2Fb` is the id `a/b` and `a%252Fb`
 * is `a%2Fb`.
 * @param path As it came over the wire. A framework's decoded path would make two ids one.
 * @returns `undefined` when this is no path of the client API.
 * @throws GoverseError `INVALID_ARGUMENT` when it is one but malformed.
 */
export function parseApiPath(path: string): ApiPath | undefined {
  if (path === EVENTS_PATH) return { kind: "events" };
  if (path.startsWith(CALL_PREFIX)) {
    const [type, id, method, ...rest] = split(path, CALL_PREFIX);
    if (type === undefined || id === undefined || method === undefined || rest.length > 0) {
      throw invalidArgument("path", path, `a call is written ${CALL_PREFIX}{type}/{id}/{method}, each percent-encoded`);
    }
    return { kind: "call", type, id, method };
  }
  if (path.startsWith(OBJECT_PREFIX)) {
    const [type, id, ...rest] = split(path, OBJECT_PREFIX);
    if (type === undefined || id === undefined || rest.length > 0) {
      throw invalidArgument("path", path, `an object is written ${OBJECT_PREFIX}{type}/{id}, each percent-encoded`);
    }
    return { kind: "object", type, id };
  }
  return undefined;
}

/**
 * Parses {@link TIMEOUT_HEADER}.
 * @returns Milliseconds, `undefined` without the header.
 * @throws GoverseError `INVALID_ARGUMENT` for anything but a whole number from 1 to 9 digits.
 */
export function parseTimeoutHeader(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(value)) {
    throw invalidArgument(TIMEOUT_HEADER, value, "give a whole number of milliseconds, at least 1");
  }
  return Number(value);
}

/**
 * Checks a call id that a caller made: it goes into logs and errors.
 * @returns The id, `undefined` when the caller gave none.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function parseCallId(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (!/^[A-Za-z0-9._:@/-]{1,100}$/.test(value)) {
    throw invalidArgument("call id", value, "use at most 100 letters, digits and . _ : @ / -");
  }
  return value;
}

function segment(field: string, text: string): string {
  // An empty segment would be another path, and clients resolve these two away even when they are encoded.
  if (text === "" || text === "." || text === "..") {
    throw invalidArgument(field, text, "it cannot be a segment of a path; use gRPC or another name");
  }
  try {
    return encodeURIComponent(text);
  } catch (error) {
    throw new GoverseError("INVALID_ARGUMENT", `${field} holds a lone surrogate`, { field }, { cause: error });
  }
}

function split(path: string, prefix: string): string[] {
  return path
    .slice(prefix.length)
    .split("/")
    .map((part) => {
      if (part === "") throw invalidArgument("path", path, "it has an empty segment");
      try {
        return decodeURIComponent(part);
      } catch {
        throw invalidArgument("path", path, "its percent-encoding is not UTF-8");
      }
    });
}
