import type { IRangeRequest, IRequestOp, ITxnRequest } from "etcd3";

type Plain = Record<string, unknown>;

const SORT_FIELD: Readonly<Record<string, string>> = {
  Key: "key",
  Version: "version",
  Create: "create_revision",
  Mod: "mod_revision",
  Value: "value",
};

/**
 * The answer to a range without what etcd leaves to chance: its sort is not stable, so keys that are equal in the sorted field
 * come in any order. The sequence of the sorted field stays; the keys themselves are compared as a set, unless a limit makes even
 * the set a matter of chance.
 */
export function rangeWithoutTies(request: IRangeRequest, answer: unknown): unknown {
  const field = SORT_FIELD[String(request.sort_target ?? "Key")] ?? "key";
  const { kvs, ...rest } = answer as Plain & { readonly kvs?: readonly Plain[] };
  if (field === "key" || kvs === undefined) return answer;
  const limited = Number(request.limit ?? 0) > 0;
  return {
    ...rest,
    // `keys_only` also hides the values a range was sorted by.
    order: request.keys_only === true && field === "value" ? kvs.length : kvs.map((kv) => kv[field]),
    kvs: limited ? kvs.length : kvs.toSorted((a, b) => (String(a["key"]) < String(b["key"]) ? -1 : 1)),
  };
}

/** The same for every range inside a transaction. */
export function txnWithoutTies(request: ITxnRequest, answer: unknown): unknown {
  const txn = answer as Plain & { readonly succeeded?: boolean; readonly responses?: readonly Plain[] };
  const ops = txn.succeeded === true ? request.success : request.failure;
  const responses = txn.responses?.map((response, index) => opWithoutTies(ops?.[index] ?? {}, response));
  return responses === undefined ? answer : { ...txn, responses };
}

function opWithoutTies(op: IRequestOp, response: Plain): Plain {
  if (op.request_range !== undefined) {
    return { ...response, response_range: rangeWithoutTies(op.request_range, response["response_range"]) };
  }
  if (op.request_txn === undefined) return response;
  return { ...response, response_txn: txnWithoutTies(op.request_txn, response["response_txn"]) };
}
