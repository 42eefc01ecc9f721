import { invalidArgument } from "./errors.ts";

declare const addressBrand: unique symbol;

/** The `host:port` under which a process is reached by others. Parsed once, compared as text. */
export type Address = string & { readonly [addressBrand]: true };

/** Longest host name that DNS allows, in characters. */
const MAX_HOST_LENGTH = 253;
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])$/;

/**
 * Parses `host:port` (host name, IPv4 or `[IPv6]`; port 1 to 65535).
 * @param field What to call it in the error.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function parseAddress(text: string, field = "address"): Address {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0));
  const port = text.slice(colon + 1);
  const portOk = /^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535;
  if (colon < 1 || !portOk || host.length > MAX_HOST_LENGTH || !HOST.test(host)) {
    throw invalidArgument(field, text, "an address is written host:port, for example localhost:47000");
  }
  return text as Address;
}
