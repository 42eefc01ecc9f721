import { invalidArgument } from "@goverse/core";

/** Where a server listens. */
export interface ListenAddress {
  /** Name or IP address without brackets; `undefined` is every interface. */
  readonly host: string | undefined;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** The largest port number there is. */
export const MAX_PORT = 65_535;

const REMEDY = 'write host:port, ":port" for all interfaces, or port 0 for any free one, for example localhost:9090';
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
const IPV6 = /^\[([0-9A-Fa-f:.]{2,45})\]$/;

/**
 * Reads what a person writes: `localhost:9090`, `:9090` (all interfaces), `[::1]:9090`, `9090` (localhost), `0` (localhost, any free
 * port).
 * @param option What to call it in the error, for example `--metrics-listen`.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function parseListenAddress(option: string, text: string): ListenAddress {
  const colon = text.lastIndexOf(":");
  const host = colon === -1 ? "localhost" : text.slice(0, colon);
  const port = Number(text.slice(colon + 1));
  if (!/^[0-9]{1,5}$/.test(text.slice(colon + 1)) || port > MAX_PORT) throw invalidArgument(option, text, REMEDY);
  if (host === "") return { host: undefined, port };
  const bare = IPV6.exec(host)?.[1] ?? (HOST_NAME.test(host) ? host : undefined);
  if (bare === undefined) throw invalidArgument(option, text, REMEDY);
  return { host: bare, port };
}

/** The address as text that {@link parseListenAddress} reads. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  if (host === undefined) return `:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
