import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { GoverseError } from "@goverse/core";
import { type Credits, type Hello, HelloSchema } from "../../gen/goverse/peer/v1/peer_pb.ts";

/** Versions of the protocol of links that this code speaks. */
const LINK_VERSIONS: { readonly min: number; readonly max: number } = { min: 1, max: 1 };

/** Who a process is on its links. */
export interface LinkIdentity {
  /** Prefix of the system's keys in etcd: processes of other systems are refused. */
  readonly cluster: string;
  readonly shardCount: number;
  /** Under which the process is known. */
  readonly address: string;
  /** Its registration, 0 before there is one. Asked for every hello, because it changes. */
  readonly incarnation: () => number;
  readonly role: "node" | "gate" | "client";
}

/** Makes a hello. */
export function helloOf(
  identity: LinkIdentity,
  link: { readonly bulk: boolean; readonly session: string; readonly credits?: Credits },
): MessageInitShape<typeof HelloSchema> {
  return create(HelloSchema, {
    minVersion: LINK_VERSIONS.min,
    maxVersion: LINK_VERSIONS.max,
    cluster: identity.cluster,
    shardCount: identity.shardCount,
    address: identity.address,
    incarnation: BigInt(identity.incarnation()),
    role: identity.role,
    ...link,
  });
}

/**
 * Why there can be no link with whoever said `hello`; `undefined` when there can.
 */
export function refusalOf(hello: Hello, identity: LinkIdentity): GoverseError | undefined {
  const { minVersion, maxVersion, cluster, shardCount, address } = hello;
  const who = address === "" ? "the other end" : address;
  if (minVersion > LINK_VERSIONS.max || maxVersion < LINK_VERSIONS.min) {
    const ours = `${LINK_VERSIONS.min} to ${LINK_VERSIONS.max}`;
    const theirs = `${minVersion} to ${maxVersion}`;
    return refused(`${who} speaks versions ${theirs} of the link and ${identity.address} ${ours}: update one of them`);
  }
  if (bare(cluster) !== bare(identity.cluster)) {
    return refused(
      `${who} belongs to the system ${cluster} and ${identity.address} to ${identity.cluster}: see --etcd-prefix`,
    );
  }
  if (shardCount !== identity.shardCount) {
    return refused(`${who} counts ${shardCount} shards and ${identity.address} ${identity.shardCount}: see --shards`);
  }
  return undefined;
}

/** A prefix may be written with a slash at its end. */
function bare(cluster: string): string {
  return cluster.replace(/\/$/, "");
}

function refused(message: string): GoverseError {
  return new GoverseError("INVALID_ARGUMENT", message, { field: "hello" });
}
