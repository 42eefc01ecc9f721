export { type FailedCall, fromServiceError, toStatus } from "./grpc/errors.ts";
export { addService, type AddServiceOptions, type Handler, type Handlers, type UnaryContext } from "./grpc/serve.ts";
export { methodDefinition, serviceDefinition } from "./grpc/service-definition.ts";
