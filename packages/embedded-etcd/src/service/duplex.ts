import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Received } from "./grpc-service.ts";
import type { PauseGate } from "./pause-gate.ts";
import { grpcError } from "./unary.ts";

/** What a long-lived stream does. None of them is called once `onClose` was. */
export interface DuplexHandlers<Request> {
  readonly onRequest: (request: Request) => void;
  /** The client has read what waited for it: there is room for more. */
  readonly onDrain?: () => void;
  /** The stream has ended, whoever ended it. */
  readonly onClose?: () => void;
}

/**
 * Feeds a bidirectional stream's requests to a handler. While answers wait for the client no further requests are read, so a
 * client that only writes is slowed down instead of filling this process's memory.
 */
export function serveRequests<Request, Response>(
  gate: PauseGate,
  call: ServerDuplexStream<Received<Request>, Response>,
  handlers: DuplexHandlers<Request>,
): void {
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    handlers.onClose?.();
  };
  const handle = (request: Request): void => {
    if (!open) return;
    handlers.onRequest(request);
    if (call.writableNeedDrain) call.pause();
  };
  call.on("data", ({ message }: Received<Request>) => {
    try {
      gate.pass(() => handle(message));
    } catch (error) {
      close();
      call.emit("error", grpcError(error));
    }
  });
  call.on("drain", () => {
    if (!open) return;
    handlers.onDrain?.();
    call.resume();
  });
  call.on("end", () => {
    close();
    call.end();
  });
  call.on("cancelled", close);
  call.on("error", close);
  call.on("close", close);
}
