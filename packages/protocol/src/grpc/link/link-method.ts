import type { MethodDefinition } from "@grpc/grpc-js";
import { Peer } from "../../gen/goverse/peer/v1/peer_pb.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

/** `Peer.Link` for grpc-js. Frames stay bytes: the link reads and writes them itself. */
export const LINK_METHOD: MethodDefinition<Buffer, Buffer> = {
  path: `/${Peer.typeName}/${Peer.method.link.name}`,
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
