import { type Address, parseAddress } from "@goverse/core";
import { formatListenAddress, type ListenAddress } from "./listen-address.ts";

/**
 * The address under which others reach a listener.
 * @param listen As configured.
 * @param port The port it really has.
 * @param fallbackHost For listeners on all interfaces, which have no name of their own.
 */
export function reachableAddress(listen: ListenAddress, port: number, fallbackHost: string): Address {
  const host = listen.host ?? fallbackHost;
  return parseAddress(formatListenAddress({ host, port }));
}

/** The host of an address, without brackets. */
export function hostOf(address: Address): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}
