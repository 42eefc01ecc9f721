import type { ByteString } from "./byte-string.ts";
import type { KeyValue } from "./key-value.ts";

/** Starts a watch on a key or a range. An empty `key` means the smallest one. */
export interface WatchCreateRequest {
  readonly key: ByteString;
  readonly rangeEnd?: ByteString;
  /** First revision to report; 0 (the default) for everything that happens from now on. */
  readonly startRevision?: number;
  /** Leave out puts. */
  readonly noPut?: boolean;
  /** Leave out deletions. */
  readonly noDelete?: boolean;
  /** Send with each event what the key was in the revision before. Absent where that has been compacted. */
  readonly prevKv?: boolean;
  /** Send the revision now and then while nothing happens. */
  readonly progressNotify?: boolean;
  /** Number of the watch on its stream; `0n` (the default) lets the stream choose. */
  readonly watchId?: bigint;
}

/** One change of one key. A deletion's `kv` has only its key and its revision. */
export interface WatchEvent {
  readonly type: "put" | "delete";
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | undefined;
}

/** One message of a watch stream: created, canceled, progress (no events) or events. */
export interface WatchResponse {
  /** The watch it is about; `-1n` for progress of the whole stream, and for watches that could not be created. */
  readonly watchId: bigint;
  /** The store's revision: everything up to it has been sent, except where older events are being replayed. */
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** When a watch was canceled because its revisions are gone: the first that is left. Otherwise 0. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly events: readonly WatchEvent[];
}

/** Where a watch stream's messages go. `send` must not call back into the store. */
export interface WatchSink {
  /** Whether events have to wait. Answers to requests are sent all the same: whoever feeds requests in has to pause. */
  readonly full: boolean;
  send(response: WatchResponse): void;
}

/** A message about watch `watchId` at `revision`; everything else is empty unless `rest` says otherwise. */
export function watchMessage(
  watchId: bigint,
  revision: number,
  rest: Partial<Omit<WatchResponse, "watchId" | "revision">> = {},
): WatchResponse {
  return {
    watchId,
    revision,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: "",
    events: [],
    ...rest,
  };
}
