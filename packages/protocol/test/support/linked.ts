import { type Address, parseAddress } from "@goverse/core";
import type { Server } from "@grpc/grpc-js";
import {
  bind,
  createGrpcServer,
  LinkAcceptor,
  type LinkAcceptorOptions,
  LinkClient,
  type LinkClientOptions,
  type LinkIdentity,
  type PeerCall,
  type PeerReply,
} from "../../src/grpc.ts";
import type { Cleanups } from "./outcome.ts";

/** One process with links to it. */
export interface LinkedServer {
  readonly server: Server;
  readonly acceptor: LinkAcceptor;
  readonly address: Address;
  readonly internalErrors: unknown[];
}

export const identityOf = (address: string, other: Partial<LinkIdentity> = {}): LinkIdentity => ({
  cluster: "/goverse",
  shardCount: 8192,
  address,
  incarnation: () => 1,
  role: "node",
  ...other,
});

export async function serveLinks(
  cleanups: Cleanups,
  serve: LinkAcceptorOptions["serve"],
  other: Partial<LinkAcceptorOptions> = {},
): Promise<LinkedServer> {
  const internalErrors: unknown[] = [];
  const server = createGrpcServer();
  const acceptor = new LinkAcceptor({
    identity: () => identityOf("callee:1"),
    serve,
    onInternalError: (error) => internalErrors.push(error),
    ...other,
  });
  acceptor.addTo(server);
  const port = await bind(server, "127.0.0.1:0");
  cleanups.add(() => server.forceShutdown());
  return { server, acceptor, address: parseAddress(`127.0.0.1:${port}`), internalErrors };
}

export function dial(cleanups: Cleanups, address: Address, other: Partial<LinkClientOptions> = {}): LinkClient {
  const client = new LinkClient(address, {
    identity: identityOf("caller:1"),
    unary: () => Promise.reject(new Error("no call goes by unary here")),
    ...other,
  });
  cleanups.add(() => client.close());
  return client;
}

let calls = 0;

export function callOf(method: string, bytes: Uint8Array = new Uint8Array(3), other: Partial<PeerCall> = {}): PeerCall {
  calls += 1;
  const payload = { typeUrl: "test/bytes", bytes };
  return { type: "Room", id: "a", method, payload, callId: `c-${calls}`, ...other };
}

/** Answers with the input, some turns of the event loop later, so that replies are out of step. */
export async function echoAtRandom({ payload }: PeerCall): Promise<PeerReply> {
  for (let turns = Math.floor(Math.random() * 6); turns > 0; turns -= 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { payload, epoch: 7 };
}
