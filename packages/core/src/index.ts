export { type Address, parseAddress } from "./address.ts";
export type { CallerInfo, Context, DeepReadonly, Handlers, LifecycleContext, MaybePromise } from "./context.ts";
export {
  type AnyContract,
  type CheckedMethods,
  type Contract,
  contract,
  type DeclaredFailure,
  type DeclaredInput,
  type DeclaredName,
  type EventContracts,
  type EventData,
  type EventsOf,
  isRepeatable,
  type MethodArgs,
  type MethodContract,
  type MethodContracts,
  type MethodResult,
  type MethodsOf,
  type NoEvents,
} from "./contract.ts";
export { EpochGuard } from "./epoch-guard.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  GoverseError,
  invalidArgument,
  isErrorCode,
} from "./errors.ts";
export {
  type AnyImplementation,
  type Behaviour,
  type DefinedObject,
  defineObject,
  implement,
  type Implementation,
} from "./implement.ts";
export { MAX_ID_BYTES, type ObjectId, parseObjectId, type Place } from "./object-id.ts";
export {
  decodePayload,
  encodePayload,
  JSON_TYPE_URL,
  jsonPayload,
  jsonTextOf,
  type Payload,
  type Schema,
  type WireFormat,
} from "./payload.ts";
export type { Caller, CallRequest } from "./ports/caller.ts";
export type { CancelSignal } from "./ports/cancel-signal.ts";
export { type Clock, sleep, systemClock, type Timer } from "./ports/clock.ts";
export { type LogFields, type Logger, silentLogger } from "./ports/logger.ts";
export type { Epoch, Ownership, ShardHolder } from "./ports/ownership.ts";
export type { PushMessage, PushSink } from "./ports/push.ts";
export { type CallOptions, type CallResult, type Remote, remote } from "./remote.ts";
export {
  MAX_RETRY_PAUSE_MS,
  MIN_RETRY_PAUSE_MS,
  retryPauseMs,
  routeCall,
  type RoutedCall,
  type RouteTarget,
} from "./route.ts";
export type { SchemaInput, SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from "./standard-schema.ts";
export { DEFAULT_SHARD_COUNT, fnv1a32, shardOf } from "./shard/hash.ts";
export { validate } from "./validate.ts";
export {
  assignedValue,
  claimedValue,
  type ClaimGround,
  claimGround,
  type IncarnationOf,
  isPinned,
  liveOwner,
  migratedFrom,
  mustHandOver,
  ownedEpoch,
  releasedValue,
  type Self,
} from "./shard/ownership.ts";
export { type AssignReason, type PlanNode } from "./shard/placement.ts";
export { type Assignment, plan, type Plan, type PlanDecision, type PlanReason, type PlanState } from "./shard/plan.ts";
export { isMigrating, MAX_SHARD_COUNT, ownerOf, type ShardEntry, ShardMap } from "./shard/shard-map.ts";
export {
  formatOwner,
  formatShardValue,
  type Owner,
  parseOwner,
  parseShardValue,
  PINNED,
  type ShardValue,
} from "./shard/shard-value.ts";
export { type LiveNode, type ShardSummary, summarize } from "./shard/summary.ts";
