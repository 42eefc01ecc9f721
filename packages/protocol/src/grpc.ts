export { channelOptions, MAX_MESSAGE_BYTES } from "./grpc/channel-options.ts";
export { type FailedCall, fromServiceError, toStatus } from "./grpc/errors.ts";
export {
  type GateStreamEvents,
  type PeerCall,
  type PeerCallOptions,
  PeerClient,
  type PeerClientOptions,
  type PeerReply,
} from "./grpc/peer-client.ts";
export { PeerPool } from "./grpc/peer-pool.ts";
export { addService, type AddServiceOptions, type Handler, type Handlers, type UnaryContext } from "./grpc/serve.ts";
export { bind, createGrpcServer, type GrpcServerLimits, stopGrpcServer } from "./grpc/server.ts";
export { openServerStream, type ServerStream, type ServerStreamEvents } from "./grpc/server-stream.ts";
export { methodDefinition, serviceDefinition } from "./grpc/service-definition.ts";
export { callUnary, type UnaryCallOptions } from "./grpc/unary-call.ts";
