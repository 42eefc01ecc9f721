import type { Client, ClientOptions } from "./client.ts";
import { GateClient } from "./gate-client.ts";
import { HttpTransport } from "./http/http-transport.ts";
import { resolveOptions } from "./options.ts";

export type { Client, ClientOptions, ConnectionState, EventMeta } from "./client.ts";

/** What a client over HTTP may be told. */
export interface HttpClientOptions extends ClientOptions {
  /** Base addresses of the gates, as `http://localhost:8080`; in a page of a gate, `location.origin`. */
  readonly gates: readonly string[];
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/**
 * A client over JSON and Server-Sent Events, for browsers and Node. It opens nothing until it is used.
 * @throws GoverseError `INVALID_ARGUMENT` for wrong options.
 */
export function createClient(options: HttpClientOptions): Client {
  const resolved = resolveOptions(options);
  // Called without an owner, as browsers demand of their own fetch.
  const fetchOption = options.fetch ?? globalThis.fetch;
  const fetch: typeof globalThis.fetch = (input, init) => fetchOption(input, init);
  return new GateClient(new HttpTransport({ ...resolved, fetch }), resolved);
}
