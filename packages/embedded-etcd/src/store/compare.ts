import { keyRange, type KeyRange } from "./key-range.ts";
import { type KeyValue, tombstone } from "./key-value.ts";
import type { Compare } from "./requests.ts";

/** Whether a condition holds for what `select` finds. */
export function compareHolds(select: (range: KeyRange) => readonly KeyValue[], compare: Compare): boolean {
  const found = select(keyRange(compare.key, compare.rangeEnd));
  if (found.length > 0) return found.every((kv) => holdsFor(kv, compare));
  // An absent key counts as one whose numbers are all 0; its value equals nothing and differs from nothing.
  return compare.target !== "value" && holdsFor(tombstone(compare.key, 0), compare);
}

function holdsFor(kv: KeyValue, compare: Compare): boolean {
  switch (compare.target) {
    case "version":
      return relates(kv.version, compare.operand, compare);
    case "create":
      return relates(kv.createRevision, compare.operand, compare);
    case "mod":
      return relates(kv.modRevision, compare.operand, compare);
    case "value":
      return relates(kv.value, compare.operand, compare);
    case "lease":
      return relates(kv.lease, compare.operand, compare);
  }
}

function relates<T extends number | bigint | string>(stored: T, operand: T, { result }: Compare): boolean {
  switch (result) {
    case "equal":
      return stored === operand;
    case "notEqual":
      return stored !== operand;
    case "greater":
      return stored > operand;
    case "less":
      return stored < operand;
  }
}
