import { create } from "@bufbuild/protobuf";
import type { PeerCall } from "../peer-call.ts";
import { type Credits, CreditsSchema } from "../../gen/goverse/peer/v1/peer_pb.ts";

/** Longest payload that shares a link with small calls, in bytes: measured, larger ones make a small call 26 times slower. */
export const MAX_SMALL_BYTES: number = 64 * 1024;

/** Room for calls on a link for small ones: enough to keep a node busy over 10 ms of distance, and little memory. */
export const SMALL_CREDITS: Credits = create(CreditsSchema, { calls: 4096, bytes: 8 * 1024 * 1024 });
/** Room for calls on a bulk link: several of the longest messages, which are 4 MiB. */
export const BULK_CREDITS: Credits = create(CreditsSchema, { calls: 256, bytes: 16 * 1024 * 1024 });

/** Calls and bytes that wait at a caller for its link, for room or for its turn to write; more are refused. */
export const MAX_WAITING_CALLS = 8192;
/** The same in bytes of what is written already. With it a frozen peer costs a caller 16 MiB at most. */
export const MAX_WAITING_BYTES: number = 8 * 1024 * 1024;

/** How long either side waits for the other's hello, in milliseconds: as long as a frozen peer may go unnoticed. */
export const HELLO_TIMEOUT_MS = 13_000;

/** Bytes of payload that a call counts for. Both sides must come to the same number. */
export function costOf({ payload }: Pick<PeerCall, "payload">): number {
  return payload === undefined ? 0 : payload.bytes.length;
}
