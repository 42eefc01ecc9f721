export { MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES } from "./client-connection.ts";
export { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS } from "./deadline.ts";
export { Gate } from "./gate.ts";
export { MAX_BODY_BYTES } from "./http/body.ts";
export { GATE_VERSION, type GateOptions, type ResolvedGateOptions, resolveGateOptions } from "./options.ts";
