import {
  create,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type {
  sendUnaryData,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { GoverseError } from "@goverse/core";
import { toStatus } from "./errors.ts";
import { serviceDefinition } from "./service-definition.ts";

/** What a unary handler knows of its call besides the request. */
export interface UnaryContext {
  /** Aborted when the caller gave up or its deadline passed. */
  readonly signal: AbortSignal;
  /** Time left until the caller's deadline, in milliseconds; `undefined` when it set none. */
  readonly remainingMs: number | undefined;
  /** Address and port of the other end, for logs. */
  readonly peer: string;
  /** First value of a text header, as `x-goverse-call-id`. */
  header(name: string): string | undefined;
}

type MethodOf = { readonly methodKind: string; readonly input: DescMessage; readonly output: DescMessage };

/** The handler of one method. Unary ones may throw: a `GoverseError` reaches the caller, anything else becomes `INTERNAL`. */
export type Handler<Method> = Method extends MethodOf
  ? Method["methodKind"] extends "unary"
    ? (request: MessageShape<Method["input"]>, context: UnaryContext) => Promise<MessageInitShape<Method["output"]>>
    : Method["methodKind"] extends "server_streaming"
      ? (call: ServerWritableStream<MessageShape<Method["input"]>, MessageShape<Method["output"]>>) => void
      : (call: ServerDuplexStream<MessageShape<Method["input"]>, MessageShape<Method["output"]>>) => void
  : never;

/** The handlers of a service, by local name. A method left out answers `UNIMPLEMENTED`. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]?: Handler<Service["method"][Name]>;
};

/** What {@link addService} takes besides the handlers. */
export interface AddServiceOptions {
  /** Told about what a unary handler threw that was no `GoverseError`: the caller only learns `INTERNAL`. */
  readonly onInternalError: (error: unknown, method: string) => void;
}

type UnaryHandler = (request: never, context: UnaryContext) => Promise<unknown>;

/** Serves a service. */
export function addService<Service extends DescService>(
  server: Server,
  service: Service,
  handlers: Handlers<Service>,
  options: AddServiceOptions,
): void {
  const given = new Map(Object.entries(handlers as Readonly<Record<string, UnaryHandler | UntypedHandleCall>>));
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const handler = given.get(method.localName);
    if (handler === undefined) continue;
    implementation[method.localName] =
      method.methodKind === "unary"
        ? unary(method.name, method.output, handler as UnaryHandler, options)
        : (handler as UntypedHandleCall);
  }
  server.addService(serviceDefinition(service), implementation);
}

function unary(
  name: string,
  output: DescMessage,
  handler: UnaryHandler,
  { onInternalError }: AddServiceOptions,
): UntypedHandleCall {
  const handle = async (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>): Promise<void> => {
    try {
      const response = await handler(call.request as never, contextOf(call));
      reply(null, create(output, response as MessageInitShape<DescMessage>));
    } catch (error) {
      if (!(error instanceof GoverseError)) onInternalError(error, name);
      reply(toStatus(GoverseError.from(error)));
    }
  };
  return (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => void handle(call, reply);
}

function contextOf(call: ServerUnaryCall<unknown, unknown>): UnaryContext {
  const abort = new AbortController();
  call.on("cancelled", () => abort.abort());
  const deadline = Number(call.getDeadline());
  return {
    signal: abort.signal,
    // grpc-js keeps deadlines on the wall clock.
    remainingMs: Number.isFinite(deadline) ? Math.max(0, deadline - Date.now()) : undefined,
    peer: call.getPeer(),
    header: (name) => {
      const [value] = call.metadata.get(name);
      return typeof value === "string" ? value : undefined;
    },
  };
}
