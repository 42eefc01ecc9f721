import { create } from "@bufbuild/protobuf";
import type { PeerCall } from "../peer-call.ts";
import { type Credits, CreditsSchema } from "../../gen/goverse/peer/v1/peer_pb.ts";

/** Longest payload that shares a link with small calls, in bytes: measured, larger ones make a small call 26 times slower. */
export const MAX_SMALL_BYTES: number = 64 * 1024;

/** Room for calls on a link for small ones: enough to keep a node busy over 10 ms of distance, and little memory. */
export const SMALL_CREDITS: Credits = create(CreditsSchema, { calls: 4096, bytes: 4 * 1024 * 1024 });
/** Room for calls on a bulk link: several of the longest messages, which are 4 MiB. */
export const BULK_CREDITS: Credits = create(CreditsSchema, { calls: 256, bytes: 16 * 1024 * 1024 });

/** What may wait at a caller for a link, for room on it, or for its turn to be written. More is refused. */
export interface WaitingLimits {
  readonly calls: number;
  /** Bytes of payload, and {@link RECORD_BYTES} for each call. */
  readonly bytes: number;
}

/** For small messages: measured, a frozen peer then costs a caller less than 20 MB. */
export const SMALL_WAITING: WaitingLimits = { calls: 8192, bytes: 4 * 1024 * 1024 };
/** For large ones: eight of the longest. */
export const BULK_WAITING: WaitingLimits = { calls: 256, bytes: 32 * 1024 * 1024 };
/** What the record of a waiting call takes beside its payload, in bytes. */
export const RECORD_BYTES = 400;

/** How long either side waits for the other's hello, in milliseconds: as long as a frozen peer may go unnoticed. */
export const HELLO_TIMEOUT_MS = 13_000;

/** Bytes of payload that a call counts for. Both sides must come to the same number. */
export function costOf({ payload }: Pick<PeerCall, "payload">): number {
  return payload === undefined ? 0 : payload.bytes.length;
}
