import type { ByteString } from "./byte-string.ts";
import type { KeyValue } from "./key-value.ts";

/** What a range is sorted by. */
export type SortTarget = "key" | "version" | "create" | "mod" | "value";

/** Reads keys. Without `rangeEnd` one key; see `keyRange` for the forms of a range. */
export interface RangeRequest {
  readonly key: ByteString;
  readonly rangeEnd?: ByteString;
  /** Most keys to return; 0 (the default) for all. `count` in the answer ignores it. */
  readonly limit?: number;
  /** Revision to read at; 0 (the default) for the newest. */
  readonly revision?: number;
  /** `"none"` (the default) keeps the order of keys, unless `sortTarget` names something else: then it means `"ascend"`. */
  readonly sortOrder?: "none" | "ascend" | "descend";
  /** Default `"key"`. */
  readonly sortTarget?: SortTarget;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  /** Filters on revisions; 0 (the default) means no filter. They do not change `count`. */
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

/** Writes one key. */
export interface PutRequest {
  readonly key: ByteString;
  readonly value?: ByteString;
  /** Lease to attach the key to; `0n` (the default) for none, which also detaches it from an earlier one. */
  readonly lease?: bigint;
  /** Return the version that was overwritten. */
  readonly prevKv?: boolean;
  /** Keep the value; the key must exist. */
  readonly ignoreValue?: boolean;
  /** Keep the lease; the key must exist. */
  readonly ignoreLease?: boolean;
}

/** Deletes a range of keys. */
export interface DeleteRangeRequest {
  readonly key: ByteString;
  readonly rangeEnd?: ByteString;
  /** Return the versions that were deleted. */
  readonly prevKv?: boolean;
}

/** How the left side (what is stored) must relate to the operand. */
export type CompareResult = "equal" | "greater" | "less" | "notEqual";

/** One condition of a transaction. With `rangeEnd` it must hold for every key of the range. */
export type Compare = {
  readonly key: ByteString;
  readonly rangeEnd?: ByteString;
  readonly result: CompareResult;
} & (
  | { readonly target: "version" | "create" | "mod"; readonly operand: number }
  | { readonly target: "value"; readonly operand: ByteString }
  | { readonly target: "lease"; readonly operand: bigint }
);

/** One operation of a transaction. `"none"` is an operation without content, which etcd refuses. */
export type RequestOp =
  | { readonly kind: "range"; readonly request: RangeRequest }
  | { readonly kind: "put"; readonly request: PutRequest }
  | { readonly kind: "deleteRange"; readonly request: DeleteRangeRequest }
  | { readonly kind: "txn"; readonly request: TxnRequest }
  | { readonly kind: "none" };

/** If all of `compare` hold then `success` else `failure`, as one revision. */
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

/** Answer of a range. `revision` is the store's, not the one that was asked for. */
export interface RangeResponse {
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** Whether `limit` cut something off. */
  readonly more: boolean;
  /** Keys in the range, before `limit` and the revision filters. */
  readonly count: number;
}

/** Answer of a put. */
export interface PutResponse {
  readonly revision: number;
  readonly prevKv: KeyValue | undefined;
}

/** Answer of a deletion. */
export interface DeleteRangeResponse {
  readonly revision: number;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

/** Answer of one operation of a transaction. */
export type ResponseOp =
  | { readonly kind: "range"; readonly response: RangeResponse }
  | { readonly kind: "put"; readonly response: PutResponse }
  | { readonly kind: "deleteRange"; readonly response: DeleteRangeResponse }
  | { readonly kind: "txn"; readonly response: TxnResponse };

/** Answer of a transaction. etcd leaves `revision` at 0 in nested ones. */
export interface TxnResponse {
  readonly revision: number;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}
