import type { ServerDuplexStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type WatchCreateRequest as WireWatchCreateRequest,
  WatchCreateRequest_FilterType,
  type WatchRequest,
} from "../gen/etcdserverpb_pb.ts";
import { bytesToByteString } from "../store/byte-string.ts";
import type { WatchCreateRequest } from "../store/watch-messages.ts";
import type { WatchStream } from "../store/watch-stream.ts";
import type { ServiceContext } from "./context.ts";
import { serveRequests } from "./duplex.ts";
import type { Received } from "./grpc-service.ts";
import { WatchEncoder } from "./watch-encoder.ts";

type WatchCall = ServerDuplexStream<Received<WatchRequest>, Buffer>;

/** The service `etcdserverpb.Watch`. */
export function watchService({ store, gate }: ServiceContext): UntypedServiceImplementation {
  const encoder = new WatchEncoder();
  return {
    watch: (call: WatchCall) => {
      const stream = store.openWatchStream({
        // The stream's own buffer is the bound: 16 messages, and what HTTP/2 flow control lets out.
        get full() {
          return gate.paused || call.writableNeedDrain;
        },
        send: (response) => call.write(encoder.encode(response)),
      });
      const stopListening = gate.onResume(() => stream.resume());
      serveRequests<WatchRequest, Buffer>(gate, call, {
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
