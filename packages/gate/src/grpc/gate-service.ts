import type { ServerWritableStream } from "@grpc/grpc-js";
import { GoverseError } from "@goverse/core";
import {
  anyToPayload,
  CALL_ID_HEADER,
  type GateService,
  parseCallId,
  parseRepeatable,
  payloadToAny,
  REPEATABLE_HEADER,
} from "@goverse/protocol";
import { type Handlers, toStatus, type UnaryContext } from "@goverse/protocol/grpc";
import { parseClientId } from "../client-id.ts";
import type { ClientRegistry } from "../client-registry.ts";
import { checkType } from "../names.ts";
import type { PushedAny } from "../pushed-message.ts";
import type { RequestOptions, Router } from "../router.ts";
import { PushStream } from "./push-stream.ts";

/** What the service needs from the gate. */
export interface GateServiceParts {
  readonly router: Pick<Router, "call" | "create" | "destroy">;
  readonly clients: ClientRegistry;
  /** Makes the id of an object whose creator gave none. */
  readonly newObjectId: (type: string) => string;
}

/** Status and text with which the reliable call is turned down until objects can be stored. */
const SKIPPED = { status: "SKIPPED", error: "no persistence provider" } as const;

/**
 * The service `gate.GateService`: what gRPC clients of any language speak with a gate.
 * @param gate The parts behind it; throws while there are none yet.
 */
export function gateService(gate: () => GateServiceParts): Handlers<typeof GateService> {
  return {
    register: (call) => register(call, gate),
    callObject: async ({ type, id, method, clientId, request }, context) => {
      const reply = await gate().router.call({
        type,
        id,
        method,
        clientId: parseClientId(clientId),
        payload: request === undefined ? undefined : anyToPayload(request),
        ...requestOptions(context),
      });
      return reply === undefined ? {} : { response: payloadToAny(reply) };
    },
    createObject: async ({ type, id }, context) => {
      const { router, newObjectId } = gate();
      checkType(type);
      const chosen = id === "" ? newObjectId(type) : id;
      await router.create(type, chosen, requestOptions(context));
      return { id: chosen };
    },
    deleteObject: async ({ type, id }, context) => {
      // Over gRPC, deleting what does not exist has always succeeded.
      return { existed: await gate().router.destroy(type, id, requestOptions(context)) };
    },
    // Failures of a reliable call are part of its answer, never a status.
    reliableCallObject: () => Promise.resolve(SKIPPED),
  };
}

function register(call: ServerWritableStream<unknown, PushedAny>, gate: () => GateServiceParts): void {
  try {
    const { clients } = gate();
    const client = clients.add(new PushStream(call));
    call.on("drain", () => client.drained());
    const gone = (): void => clients.remove(client);
    call.on("cancelled", gone);
    call.on("close", gone);
  } catch (error) {
    call.emit("error", toStatus(GoverseError.from(error)));
  }
}

function requestOptions(context: UnaryContext): RequestOptions {
  return {
    timeoutMs: context.remainingMs,
    callId: parseCallId(context.header(CALL_ID_HEADER)),
    repeatable: parseRepeatable(context.header(REPEATABLE_HEADER)),
    signal: context.signal,
  };
}
