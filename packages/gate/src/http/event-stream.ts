import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "@goverse/core";
import type { ClientType } from "@goverse/metrics";
import { encodeSseFrame } from "@goverse/protocol";
import type { ClientTransport, CloseReason } from "../client-connection.ts";
import type { PushedMessage } from "../pushed-message.ts";

/** Time between heartbeats, in milliseconds: below the 30 s after which proxies close silent connections. */
export const HEARTBEAT_MS = 15_000;
/** How long browsers wait before they reconnect, in milliseconds. */
const RECONNECT_MS = 1_000;
/** How long a client that is told goodbye may take to read it, in milliseconds. */
const GOODBYE_MS = 1_000;

const HEARTBEAT = encodeSseFrame({ kind: "heartbeat" });

/** One client's event stream (Server-Sent Events). */
export class EventStream implements ClientTransport {
  readonly type: ClientType = "sse";
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #heartbeat: Timer | undefined;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    // A write that meets a connection which has just gone fails here; the end of the connection is heard of elsewhere.
    response.on("error", () => {});
  }

  greet(clientId: string): boolean {
    this.#response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" });
    this.#scheduleHeartbeat();
    return this.#response.write(`retry: ${RECONNECT_MS}\n${encodeSseFrame({ kind: "register", clientId })}`);
  }

  write(message: PushedMessage): boolean {
    return this.#response.write(message.eventFrame);
  }

  close(reason: CloseReason): void {
    this.stopHeartbeat();
    this.#response.end(`event: close\ndata: ${JSON.stringify({ reason })}\n\n`);
    // A client that does not read cannot hold the connection: it is what it is being disconnected for.
    this.#clock.setTimer(GOODBYE_MS, () => this.#response.destroy());
  }

  /** Ends the heartbeat, once the stream has ended. */
  stopHeartbeat(): void {
    this.#heartbeat?.cancel();
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat = this.#clock.setTimer(HEARTBEAT_MS, () => {
      // While the socket is full, its traffic is the sign of life; a heartbeat would only wait behind it.
      if (!this.#response.writableNeedDrain) this.#response.write(HEARTBEAT);
      this.#scheduleHeartbeat();
    });
  }
}
