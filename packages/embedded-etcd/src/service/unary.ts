import { type handleUnaryCall, status } from "@grpc/grpc-js";
import { EtcdError } from "../store/errors.ts";
import type { Received } from "./grpc-service.ts";
import type { PauseGate } from "./pause-gate.ts";

/** Makes a handler of grpc-js from a function that answers or throws. */
export function unary<Request, Response>(
  gate: PauseGate,
  answer: (request: Request, byteLength: number) => Response,
): handleUnaryCall<Received<Request>, Response> {
  return (call, callback) => {
    const run = (): void => {
      let response: Response;
      try {
        response = answer(call.request.message, call.request.byteLength);
      } catch (error) {
        callback(grpcError(error));
        return;
      }
      callback(null, response);
    };
    try {
      gate.pass(run);
    } catch (error) {
      callback(grpcError(error));
    }
  };
}

/** The error as grpc-js sends it: etcd's own keep their code and text; anything else is a defect of this server. */
export function grpcError(error: unknown): Error & { readonly code: number } {
  if (error instanceof EtcdError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(`embedded etcd: ${text}`, { cause: error }), { code: status.INTERNAL });
}
