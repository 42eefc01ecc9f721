import type { Server } from "@grpc/grpc-js";
import { type Address, parseAddress } from "@goverse/core";
import { addService, bind, createGrpcServer, type GrpcServerLimits, type Handlers } from "../../src/grpc.ts";
import { Goverse } from "../../src/index.ts";

/** A node in this process. */
export interface InProcessNode {
  readonly server: Server;
  readonly address: Address;
  readonly internalErrors: unknown[];
}

export async function startNode(
  handlers: Handlers<typeof Goverse>,
  limits: GrpcServerLimits = {},
): Promise<InProcessNode> {
  const server = createGrpcServer(limits);
  const internalErrors: unknown[] = [];
  addService(server, Goverse, handlers, { onInternalError: (error) => internalErrors.push(error) });
  const port = await bind(server, "127.0.0.1:0");
  return { server, address: parseAddress(`127.0.0.1:${port}`), internalErrors };
}
