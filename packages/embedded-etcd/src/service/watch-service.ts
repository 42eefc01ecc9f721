import type { ServerDuplexStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type WatchCreateRequest as WireWatchCreateRequest,
  WatchCreateRequest_FilterType,
  type WatchRequest,
  type WatchResponse as WireWatchResponse,
} from "../gen/etcdserverpb_pb.ts";
import { type Event, Event_EventType } from "../gen/mvccpb_pb.ts";
import { bytesToByteString } from "../store/byte-string.ts";
import type { WatchCreateRequest, WatchEvent, WatchResponse } from "../store/watch-messages.ts";
import type { WatchStream } from "../store/watch-stream.ts";
import { header, type ServiceContext } from "./context.ts";
import { serveRequests } from "./duplex.ts";
import type { Received } from "./grpc-service.ts";
import { keyValueToWire } from "./kv-to-wire.ts";

type WatchCall = ServerDuplexStream<Received<WatchRequest>, WireWatchResponse>;

/** The service `etcdserverpb.Watch`. */
export function watchService({ store, gate }: ServiceContext): UntypedServiceImplementation {
  return {
    watch: (call: WatchCall) => {
      const stream = store.openWatchStream({
        // The stream's own buffer is the bound: 16 messages, and what HTTP/2 flow control lets out.
        get full() {
          return gate.paused || call.writableNeedDrain;
        },
        send: (response) => call.write(responseToWire(response)),
      });
      const stopListening = gate.onResume(() => stream.resume());
      serveRequests<WatchRequest, WireWatchResponse>(gate, call, {
        onRequest: ({ requestUnion }) => handle(stream, requestUnion),
        onDrain: () => stream.resume(),
        onClose: () => {
          stopListening();
          stream.close();
        },
      });
    },
  };
}

/** A request of an unknown kind is ignored, as by etcd, so that a newer client can go on. */
function handle(stream: WatchStream, request: WatchRequest["requestUnion"]): void {
  switch (request.case) {
    case "createRequest":
      return stream.create(createFromWire(request.value));
    case "cancelRequest":
      return stream.cancel(request.value.watchId);
    case "progressRequest":
      return stream.requestProgress();
    case undefined:
      return undefined;
  }
}

function createFromWire(wire: WireWatchCreateRequest): WatchCreateRequest {
  return {
    key: bytesToByteString(wire.key),
    rangeEnd: bytesToByteString(wire.rangeEnd),
    startRevision: Number(wire.startRevision),
    noPut: wire.filters.includes(WatchCreateRequest_FilterType.NOPUT),
    noDelete: wire.filters.includes(WatchCreateRequest_FilterType.NODELETE),
    prevKv: wire.prevKv,
    progressNotify: wire.progressNotify,
    watchId: wire.watchId,
  };
}

function responseToWire(response: WatchResponse): WireWatchResponse {
  return {
    $typeName: "etcdserverpb.WatchResponse",
    header: header(response.revision),
    watchId: response.watchId,
    created: response.created,
    canceled: response.canceled,
    compactRevision: BigInt(response.compactRevision),
    cancelReason: response.cancelReason,
    fragment: false,
    events: response.events.map(eventToWire),
  };
}

function eventToWire({ type, kv, prevKv }: WatchEvent): Event {
  const event: Event = {
    $typeName: "mvccpb.Event",
    type: type === "put" ? Event_EventType.PUT : Event_EventType.DELETE,
    kv: keyValueToWire(kv),
  };
  if (prevKv !== undefined) event.prevKv = keyValueToWire(prevKv);
  return event;
}
