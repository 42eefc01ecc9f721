import type { Logger, Payload } from "@goverse/core";
import { anyToEvent, type ClientEvent, encodeSseFrame, payloadToAny } from "@goverse/protocol";

/**
 * Writes pushed messages as frames of event streams. An event of ours becomes JSON; what another system's node pushes is handed on
 * as it is, without the name of an event.
 */
export function pushFrames(logger: Logger): (payload: Payload) => string {
  return (payload) => {
    const foreign: ClientEvent = { source: { type: "", id: "" }, event: "", payload };
    return encodeSseFrame({ kind: "message", ...(readEvent(payload, logger) ?? foreign) });
  };
}

function readEvent(payload: Payload, logger: Logger): ClientEvent | undefined {
  try {
    return anyToEvent(payloadToAny(payload));
  } catch (error) {
    // A node that writes nonsense must not end the stream that all other pushes come on.
    logger.warn("a pushed event cannot be read", { error });
    return undefined;
  }
}
