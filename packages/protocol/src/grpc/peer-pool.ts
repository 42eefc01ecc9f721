import type { Address } from "@goverse/core";
import { PeerClient, type PeerClientOptions } from "./peer-client.ts";

/** The connections of a process to the nodes, one each, opened with the first use. */
export class PeerPool {
  readonly #options: PeerClientOptions;
  readonly #peers = new Map<Address, PeerClient>();
  #closed = false;

  constructor(options: PeerClientOptions = {}) {
    this.#options = options;
  }

  /** The connection to a node. After {@link close} a closed one, whose calls fail with `UNAVAILABLE`. */
  get(address: Address): PeerClient {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const peer = new PeerClient(address, this.#options);
    if (this.#closed) peer.close();
    else this.#peers.set(address, peer);
    return peer;
  }

  /** Closes the connections to everybody who is not among the members any more. Calls in flight there may still finish. */
  retain(members: Iterable<Address>): void {
    const keep = new Set(members);
    for (const [address, peer] of this.#peers) {
      if (keep.has(address)) continue;
      this.#peers.delete(address);
      peer.close();
    }
  }

  /** Closes all connections, for good. */
  close(): void {
    this.#closed = true;
    this.retain([]);
  }
}
