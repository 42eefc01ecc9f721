import type { KeepAliveHandlers, KeepAliveStream } from "./client.ts";
import { openDuplex } from "./duplex.ts";
import type { LeaseClient } from "./library-types.ts";
import { REQUIRE_LEADER } from "./require-leader.ts";

/** Opens a keepalive stream on the library's raw lease calls. */
export function openKeepAlive(leases: LeaseClient, handlers: KeepAliveHandlers): KeepAliveStream {
  const stream = openDuplex(
    leases.leaseKeepAlive(REQUIRE_LEADER),
    (response) => handlers.onAnswer(Number(response.TTL)),
    (message) => handlers.onEnd(message),
  );
  return { send: (id) => stream.write({ ID: id }), close: () => stream.close() };
}
