import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Whether a request may see the inside of the process, and if not, what it is told. */
export type AccessDecision =
  | { readonly allowed: true; readonly by: "loopback" | "token" }
  | { readonly allowed: false; readonly status: 401 | 403; readonly message: string };

/**
 * Requests of this machine pass; everybody else needs the token, and without a configured token nobody else passes.
 *
 * A page that a browser shows can make requests to this machine too: those of other pages are refused, and so are those under a
 * name that is not this machine's, which is how a page pretends to be of the same origin.
 */
export function decideAccess(request: IncomingMessage, token: string | undefined): AccessDecision {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return { allowed: false, status: 403, message: "not for pages of other sites" };
  }
  if (token !== undefined && hasToken(request, token)) return { allowed: true, by: "token" };
  if (isLoopbackPeer(request) && isLoopbackName(request.headers.host)) return { allowed: true, by: "loopback" };
  if (token === undefined) {
    return { allowed: false, status: 403, message: "only from this machine: no token is configured for other peers" };
  }
  return { allowed: false, status: 401, message: "send the token, as Bearer or as the password of Basic" };
}

function isLoopbackPeer({ headers, socket }: IncomingMessage): boolean {
  // A proxy on this machine is a loopback peer, and those it speaks for are not.
  const isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => headers[name] !== undefined);
  const address = socket.remoteAddress ?? "";
  return !isForwarded && (address === "::1" || /^(?:::ffff:)?127\./.test(address));
}

function isLoopbackName(host = ""): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** Takes the same time whatever is wrong with the given one. */
function hasToken(request: IncomingMessage, token: string): boolean {
  return timingSafeEqual(digest(givenToken(request.headers.authorization ?? "")), digest(token));
}

function givenToken(authorization: string): string {
  const [, scheme = "", value = ""] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== "basic") return value;
  // `go tool pprof http://x:TOKEN@host/` can send nothing else.
  const pair = Buffer.from(value, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
}

/** Equal lengths, as the comparison needs them. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
