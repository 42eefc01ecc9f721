import { type Address, parseAddress } from "./address.ts";
import { invalidArgument } from "./errors.ts";
import { shardOf } from "./shard/hash.ts";

/** Where an object lives: in a shard, which moves between nodes, or on one node for ever. */
export type Place =
  | { readonly kind: "shard"; readonly shard: number }
  | { readonly kind: "node"; readonly address: Address };

/** An object id, parsed once at the edge. */
export interface ObjectId {
  /** The id as written. */
  readonly text: string;
  /**
   * - `hashed`: `general`; the shard follows from the text.
   * - `shard`: `shard#7/general`; pinned to a shard.
   * - `node`: `localhost:47000/general`; pinned to a node.
   */
  readonly form: "hashed" | "shard" | "node";
  readonly place: Place;
}

/** Longest object id, in UTF-8 bytes: what the field's existing storage columns hold. */
export const MAX_ID_BYTES = 255;

const SHARD_PREFIX = "shard#";
// Control characters break logs, terminals and headers; a lone surrogate has no UTF-8 form and would not survive the wire.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\p{Surrogate}]/u;

/**
 * Parses an object id.
 * @param shardCount Number of shards of the cluster.
 * @throws GoverseError `INVALID_ARGUMENT` when the id is empty, too long, holds control characters, or names a shard or node
 * wrongly.
 */
export function parseObjectId(text: string, shardCount: number): ObjectId {
  if (text.length === 0) throw invalidArgument("object id", text, "it must not be empty");
  if (utf8Length(text) > MAX_ID_BYTES) {
    throw invalidArgument("object id", text, `it must be at most ${MAX_ID_BYTES} bytes long`);
  }
  if (FORBIDDEN.test(text)) {
    throw invalidArgument("object id", text, "it must not contain control characters or lone surrogates");
  }
  if (text.startsWith(SHARD_PREFIX)) {
    return { text, form: "shard", place: { kind: "shard", shard: pinnedShard(text, shardCount) } };
  }
  const slash = text.indexOf("/");
  if (slash === -1) return { text, form: "hashed", place: { kind: "shard", shard: shardOf(text, shardCount) } };
  const address = parseAddress(text.slice(0, slash), "object id");
  if (slash === text.length - 1) {
    throw invalidArgument("object id", text, "write a name after the node's address: host:port/name");
  }
  return { text, form: "node", place: { kind: "node", address } };
}

function pinnedShard(text: string, shardCount: number): number {
  const slash = text.indexOf("/");
  const digits = slash === -1 ? "" : text.slice(SHARD_PREFIX.length, slash);
  if (!/^(0|[1-9][0-9]{0,8})$/.test(digits) || slash === text.length - 1) {
    throw invalidArgument("object id", text, "an id pinned to a shard is written shard#<number>/<name>");
  }
  const shard = Number(digits);
  if (shard >= shardCount) throw invalidArgument("object id", text, `shards are numbered 0 to ${shardCount - 1}`);
  return shard;
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is 4 bytes for 2 units.
    length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return length;
}
