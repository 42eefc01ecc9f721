import type { ServerWritableStream } from "@grpc/grpc-js";
import { GoverseError } from "@goverse/core";
import type { ClientType } from "@goverse/metrics";
import { registrationToAny } from "@goverse/protocol";
import { toStatus } from "@goverse/protocol/grpc";
import type { ClientTransport, CloseReason } from "../client-connection.ts";
import type { PushedAny, PushedMessage } from "../pushed-message.ts";

type Writable = Pick<ServerWritableStream<unknown, PushedAny>, "write" | "emit">;

/** One client's push stream over gRPC. */
export class PushStream implements ClientTransport {
  readonly type: ClientType = "grpc";
  readonly #call: Writable;

  constructor(call: Writable) {
    this.#call = call;
  }

  greet(clientId: string): boolean {
    return this.#call.write(registrationToAny(clientId));
  }

  write(message: PushedMessage): boolean {
    return this.#call.write(message.any);
  }

  close(reason: CloseReason): void {
    this.#call.emit("error", toStatus(GOODBYE[reason]));
  }
}

const GOODBYE: Readonly<Record<CloseReason, GoverseError>> = {
  slow: new GoverseError("RESOURCE_EXHAUSTED", "this client read its messages too slowly; register again"),
  stopping: new GoverseError("UNAVAILABLE", "this gate is stopping; register at another one"),
};
