import type { Span } from "../ports.ts";

/** One event of the Chrome trace format. */
export type TraceEvent = Readonly<Record<string, unknown>>;

/** Threads of the trace below this are those of the process. */
const FIRST_TRACK = 1_000_000;

/**
 * Spans as complete events. Those of one category that overlap go to tracks beside each other: viewers take what overlaps on one
 * track for nested calls.
 */
export function toTraceEvents(spans: readonly Span[], pid: number): readonly TraceEvent[] {
  const tracks = new Map<string, { readonly tid: number; freeAtUs: number }[]>();
  const events: TraceEvent[] = [];
  let nextTid = FIRST_TRACK;
  for (const { name, category, startUs, durationUs, args } of [...spans].sort((a, b) => a.startUs - b.startUs)) {
    const ofCategory = tracks.get(category) ?? [];
    tracks.set(category, ofCategory);
    let track = ofCategory.find(({ freeAtUs }) => freeAtUs <= startUs);
    if (track === undefined) {
      track = { tid: nextTid, freeAtUs: 0 };
      nextTid += 1;
      ofCategory.push(track);
      const label = ofCategory.length === 1 ? category : `${category} (${ofCategory.length})`;
      events.push({ ph: "M", pid, tid: track.tid, ts: 0, name: "thread_name", args: { name: label } });
    }
    track.freeAtUs = startUs + durationUs;
    events.push({ ph: "X", pid, tid: track.tid, ts: startUs, dur: durationUs, name, cat: category, args: args ?? {} });
  }
  return events;
}
