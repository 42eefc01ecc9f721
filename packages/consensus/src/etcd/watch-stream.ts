import type { IWatchRequest, IWatchResponse } from "etcd3";
import type { WatchEvent, WatchHandlers, WatchRequest, WatchStream } from "./client.ts";
import { fromKeyValue, prefixEnd } from "./convert.ts";
import { openDuplex } from "./duplex.ts";
import type { WatchClient } from "./library-types.ts";
import { REQUIRE_LEADER } from "./require-leader.ts";

/** Opens a watch on the library's raw calls, one stream for each: its own multiplexer loses events and hangs. */
export function openWatch(watches: WatchClient, request: WatchRequest, handlers: WatchHandlers): WatchStream {
  let over = false;
  const end: WatchHandlers["onEnd"] = (reason, message) => {
    if (over) return;
    over = true;
    stream.close();
    handlers.onEnd(reason, message);
  };
  const stream = openDuplex<IWatchRequest, IWatchResponse>(
    watches.watch(REQUIRE_LEADER),
    (response) => {
      if (response.canceled) end(...endOf(response));
      else if (response.created) handlers.onCreated();
      else if (response.events.length === 0) handlers.onProgress();
      else handlers.onEvents(response.events.map(toEvent));
    },
    (message) => end("broken", message),
  );
  stream.write({
    create_request: {
      key: Buffer.from(request.prefix),
      range_end: prefixEnd(request.prefix),
      start_revision: request.startRevision,
    },
  });
  return {
    requestProgress: () => stream.write({ progress_request: {} }),
    close: () => {
      over = true;
      stream.close();
    },
  };
}

function endOf(response: IWatchResponse): ["compacted" | "broken", string] {
  const compacted = Number(response.compact_revision);
  if (compacted > 0) return ["compacted", `compacted up to revision ${compacted}`];
  return ["broken", response.cancel_reason || "the server cancelled the watch"];
}

function toEvent({ type, kv }: IWatchResponse["events"][number]): WatchEvent {
  if (type === "Put") return { type: "put", kv: fromKeyValue(kv) };
  return { type: "delete", key: kv.key.toString(), modRevision: Number(kv.mod_revision) };
}
