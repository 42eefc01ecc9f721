export type { Invocation, InvocationReply, ObjectRequest } from "./invocation.ts";
export { DEFAULT_CALL_TIMEOUT_MS, MAX_CHAIN_DEPTH, type NodeLimits } from "./limits.ts";
export { Node } from "./node.ts";
export type { ColdReason, MethodRecord, NodeMetrics } from "./node-metrics.ts";
export type { NodeOptions, ObjectInfo, TurnInfo } from "./options.ts";
export type { CallOrigin, OutgoingCalls } from "./outgoing-calls.ts";
