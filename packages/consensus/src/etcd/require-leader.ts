import type { CallOptions, Interceptor } from "./library-types.ts";

const addMetadata: Interceptor = (options, nextCall) => {
  const call = nextCall(options);
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    metadata.set("hasleader", "true");
    start(metadata, listener);
  };
  // gRPC's types ask for its class, of which it uses the interface only.
  return call as ReturnType<Interceptor>;
};

/**
 * Call options that ask etcd to end a stream whose member has lost its leader; without them such a stream stays open and silent.
 * An interceptor, because the library offers no other way to add metadata.
 */
export const REQUIRE_LEADER: CallOptions = { interceptors: [addMetadata] };
