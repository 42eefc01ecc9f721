import { type Address, parseAddress } from "@goverse/core";

/**
 * The gate that a client id names: `<gate address>/<unique part>`. An address holds no slash, so the first one ends it.
 * @returns `undefined` when the text is no client id.
 */
export function gateOfClient(clientId: string): Address | undefined {
  const slash = clientId.indexOf("/");
  if (slash < 1 || slash === clientId.length - 1) return undefined;
  try {
    return parseAddress(clientId.slice(0, slash), "client id");
  } catch {
    return undefined;
  }
}
