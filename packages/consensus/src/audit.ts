/** What the store said about the keys under the prefix, to be compared with the mirror. */
export interface Audit {
  /** The store's revision at that moment. */
  readonly revision: number;
  readonly count: number;
  /** Highest mod revision of an existing key. */
  readonly highest: number;
  /** Until when (monotonic) the watch may still deliver it. */
  readonly giveUpAtMs: number;
}

/** The same figures of the mirror. */
export interface MirrorFacts {
  readonly count: number;
  readonly highest: number;
}

/**
 * Compares store and mirror.
 * - `equal`: the watch has delivered everything.
 * - `moved-on`: the mirror is ahead of the audit by now, so the two cannot be compared; the next audit will.
 * - `wait`: they differ, but the missing events may still be on their way.
 * - `differs`: they have had their time.
 * @param facts Asked only when needed, because it looks at every key.
 * @param mirrorRevision Revision of the last event that the mirror has seen.
 */
export function auditVerdict(
  audit: Audit,
  facts: () => MirrorFacts,
  mirrorRevision: number,
  nowMs: number,
): "equal" | "moved-on" | "wait" | "differs" {
  if (mirrorRevision > audit.revision) return "moved-on";
  // The newest existing key is missing: no need to look at all the others.
  if (mirrorRevision < audit.highest) return nowMs < audit.giveUpAtMs ? "wait" : "differs";
  const { count, highest } = facts();
  if (count === audit.count && highest === audit.highest) return "equal";
  return nowMs < audit.giveUpAtMs ? "wait" : "differs";
}
