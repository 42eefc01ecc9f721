import type { Client, ClientOptions } from "./client.ts";
import { GateClient } from "./gate-client.ts";
import { GrpcTransport } from "./grpc/grpc-transport.ts";
import { resolveOptions } from "./options.ts";

export type { Client, ClientOptions, ConnectionState, EventMeta } from "./client.ts";

/**
 * A client over gRPC, for Node. It opens nothing until it is used.
 * @param options `gates` are addresses as `localhost:49000`.
 * @throws GoverseError `INVALID_ARGUMENT` for wrong options.
 */
export function createGrpcClient(options: ClientOptions): Client {
  const resolved = resolveOptions(options);
  return new GateClient(new GrpcTransport(resolved), resolved);
}
