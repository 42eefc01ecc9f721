import type { IncomingMessage } from "node:http";
import { HttpRefusal } from "./refusal.ts";

/** Longest request target, in characters: the longest object id with every byte percent-encoded, both names, and a query. */
const MAX_TARGET_LENGTH = 2_048;

// Characters that no path of ours needs unencoded: what proxies and browsers read in different ways.
const UNSAFE_IN_TARGET = /[^\u0021-\u007e]|\\/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Refuses requests that two readers could understand differently (a proxy and this gate, say), so that everything behind it can
 * trust the path.
 * @throws HttpRefusal 400, or 414 for a target that is too long.
 */
export function guardRequest(request: Pick<IncomingMessage, "rawHeaders" | "url">): void {
  const hosts = request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts !== 1) throw refuse(`send exactly one Host header, not ${hosts}`);
  const target = request.url ?? "";
  if (target.length > MAX_TARGET_LENGTH) {
    throw new HttpRefusal(414, "INVALID_ARGUMENT", `the path is longer than ${MAX_TARGET_LENGTH} characters`);
  }
  if (!target.startsWith("/")) throw refuse("the request target must be a path that begins with /");
  if (UNSAFE_IN_TARGET.test(target)) throw refuse("percent-encode special characters of the path");
  guardPath(target.split("?", 1)[0] ?? "");
}

function guardPath(path: string): void {
  const decoded = decode(path);
  if (decoded === undefined) throw refuse("the path is not valid percent-encoded UTF-8");
  if (CONTROL.test(decoded)) throw refuse("the path must not contain control characters");
  // Dots in every spelling: `/../`, `%2e%2e`, and hidden behind an encoded slash inside one segment.
  if (decoded.split(/[/\\]/).some((segment) => segment === "." || segment === "..")) {
    throw refuse("the path must not contain . or .. segments");
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(message: string): HttpRefusal {
  return new HttpRefusal(400, "INVALID_ARGUMENT", message);
}
