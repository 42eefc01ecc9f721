export { Consensus, type ConsensusSummary, type StopOptions } from "./consensus.ts";
export type { LeaseId } from "./etcd/client.ts";
export type { Member, MemberMeta } from "./member.ts";
export type { ConsensusMetrics } from "./metrics.ts";
export type { ConsensusOptions } from "./options.ts";
export type { Readiness } from "./readiness.ts";
export type { ClusterView, Location } from "./view.ts";
