import type { KeyRange } from "./key-range.ts";
import { keyRange } from "./key-range.ts";
import { EtcdError } from "./errors.ts";
import type { KeyValue } from "./key-value.ts";
import type { RangeRequest, RangeResponse, SortTarget } from "./requests.ts";

/** What a range reads from: the store, or a transaction that has already written something. */
export interface RangeView {
  /** Newest revision it can see. */
  readonly revision: number;
  /** Revisions below this one are gone. */
  readonly compactRevision: number;
  select(range: KeyRange, revision: number): KeyValue[];
}

/** Answers a range. Throws `futureRevision` and `compacted`. */
export function queryRange(view: RangeView, request: RangeRequest): RangeResponse {
  const { revision } = view;
  const asked = request.revision ?? 0;
  if (asked > revision) throw new EtcdError("futureRevision");
  const at = asked <= 0 ? revision : asked;
  if (at < view.compactRevision) throw new EtcdError("compacted");

  const selected = view.select(keyRange(request.key, request.rangeEnd), at);
  const count = selected.length;
  if (request.countOnly === true) return { revision, kvs: [], more: false, count };

  const limit = Math.max(request.limit ?? 0, 0);
  const found = sorted(prefetched(selected, limit, request).filter(revisionFilter(request)), request);
  const more = limit > 0 && found.length > limit;
  const kvs = more ? found.slice(0, limit) : found;
  return { revision, kvs: request.keysOnly === true ? kvs.map((kv) => ({ ...kv, value: "" })) : kvs, more, count };
}

/**
 * etcd reads only `limit + 1` keys unless the request names a sort *order* or a filter. So a limited range that names a sort
 * target alone sorts just those first keys; clients can see it, hence it is kept.
 */
function prefetched(selected: KeyValue[], limit: number, request: RangeRequest): KeyValue[] {
  const everything = (request.sortOrder ?? "none") !== "none" || hasRevisionFilter(request);
  return limit > 0 && !everything ? selected.slice(0, limit + 1) : selected;
}

function hasRevisionFilter(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision].some((bound) => (bound ?? 0) !== 0);
}

function revisionFilter(request: RangeRequest): (kv: KeyValue) => boolean {
  const minMod = request.minModRevision ?? 0;
  const maxMod = request.maxModRevision ?? 0;
  const minCreate = request.minCreateRevision ?? 0;
  const maxCreate = request.maxCreateRevision ?? 0;
  return (kv) =>
    (minMod === 0 || kv.modRevision >= minMod) &&
    (maxMod === 0 || kv.modRevision <= maxMod) &&
    (minCreate === 0 || kv.createRevision >= minCreate) &&
    (maxCreate === 0 || kv.createRevision <= maxCreate);
}

const SORT_FIELD = {
  key: "key",
  version: "version",
  create: "createRevision",
  mod: "modRevision",
  value: "value",
} as const satisfies Record<SortTarget, keyof KeyValue>;

function sorted(kvs: KeyValue[], request: RangeRequest): KeyValue[] {
  const target = request.sortTarget ?? "key";
  const order = request.sortOrder ?? "none";
  // The store reads in ascending order of keys.
  if (target === "key" && order !== "descend") return kvs;
  const field = SORT_FIELD[target];
  const direction = order === "descend" ? -1 : 1;
  return kvs.toSorted((a, b) => (a[field] < b[field] ? -direction : a[field] > b[field] ? direction : 0));
}
