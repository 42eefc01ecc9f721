export { anyToPayload, payloadToAny } from "./any-payload.ts";
export { anyToEvent, type ClientEvent, eventToAny } from "./client-event.ts";
export { type ErrorJson, errorFromJson, errorToJson } from "./error-json.ts";
export { decodeErrorStatus, encodeErrorStatus, ERROR_TRAILER } from "./error-status.ts";
export {
  type CallObjectRequest as GateCallObjectRequest,
  type CallObjectResponse as GateCallObjectResponse,
  GateService,
  type RegisterResponse,
  RegisterResponseSchema,
} from "./gen/gate/gate_pb.ts";
export {
  type CallObjectRequest,
  type CallObjectResponse,
  type GateMessage,
  GateMessageSchema,
  Goverse,
  type ObjectInfo,
  ReliableCallStatus,
} from "./gen/goverse/goverse_pb.ts";
export { type Event, EventSchema, type Json, JsonSchema } from "./gen/goverse/payload_pb.ts";
export {
  API_VERBS,
  type ApiPath,
  CALL_ID_HEADER,
  callPath,
  CLIENT_ID_HEADER,
  EVENTS_PATH,
  objectPath,
  parseApiPath,
  parseCallId,
  parseTimeoutHeader,
  REQUEST_HEADERS,
  TIMEOUT_HEADER,
} from "./http-routes.ts";
export { pb } from "./pb.ts";
export { anyToRegistration, registrationToAny } from "./registration.ts";
export { parseRepeatable, REPEATABLE_HEADER } from "./repeatable.ts";
export { decodeSseFrame, encodeSseFrame, type SseFrame } from "./sse-frames.ts";
export {
  codeOfGrpcStatus,
  codeOfHttpStatus,
  grpcStatusOf,
  httpStatusOf,
  STATUS_TABLE,
  type StatusRow,
} from "./status-table.ts";
