/*
 * The called process of the remote calls that `remote-call.bench.ts` measures: plain TCP, plain gRPC, a link, and a whole node. It says
 * its ports to its parent, and its CPU time whenever it is asked.
 */
import { ServerCredentials, Server as GrpcServer, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import { LinkAcceptor, type PeerCall, type PeerReply } from "@goverse/protocol/grpc";
import { Server } from "@goverse/server";
import { serveTcp } from "./remote/raw-tcp.ts";
import { giveWay, target } from "./remote/target.ts";

/** Where everything listens. */
export interface RemoteAddresses {
  readonly tcpPort: number;
  readonly grpcPort: number;
  readonly node: string;
}

const asIs = (bytes: Buffer): Buffer => bytes;

async function echo({ method, payload }: Pick<PeerCall, "method" | "payload">): Promise<PeerReply> {
  if (!method.startsWith("Step")) await giveWay();
  return { payload, epoch: 1 };
}

async function echoUnary(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): Promise<void> {
  if (call.request[0] === 0) await giveWay();
  reply(null, call.request);
}

const unary = {
  path: "/benchmark.Echo/Call",
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
} as const;

const grpc = new GrpcServer();
grpc.addService(
  { call: unary },
  { call: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => void echoUnary(call, reply) },
);
new LinkAcceptor({
  identity: () => ({ cluster: "/b", shardCount: 1, address: "callee:1", incarnation: () => 1, role: "node" }),
  serve: echo,
  onInternalError: (error) => process.stderr.write(`${String(error)}\n`),
}).addTo(grpc);
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
});
const node = new Server({
  listenAddress: "localhost:0",
  metricsListenAddress: "localhost:0",
  etcdAddress: process.argv[2] ?? "",
  // Few, so that no hand-over runs beside the first rounds.
  shardCount: 64,
  objects: [target()],
});
await node.start();
await node.ready;
const addresses: RemoteAddresses = { tcpPort: await serveTcp(echo), grpcPort, node: node.address };
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on("disconnect", () => process.exit());
process.send?.(addresses);
