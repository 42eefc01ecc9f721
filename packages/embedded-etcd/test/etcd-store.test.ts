import { beforeEach, describe, expect, test } from "vitest";
import { type Compare, EtcdStore, type RequestOp, type TxnRequest } from "../src/index.ts";

let nowMs = 0;
let store: EtcdStore;
beforeEach(() => {
  nowMs = 0;
  store = new EtcdStore({ nowMs: () => nowMs });
});

const putOp = (key: string, value: string = ""): RequestOp => ({ kind: "put", request: { key, value } });
const deleteOp = (key: string, rangeEnd: string = ""): RequestOp => ({
  kind: "deleteRange",
  request: { key, rangeEnd },
});
const txnOp = (success: RequestOp[], failure: RequestOp[] = [], compare: Compare[] = []): RequestOp => ({
  kind: "txn",
  request: { compare, success, failure },
});
const txn = (success: RequestOp[], rest: Partial<TxnRequest> = {}): TxnRequest => ({
  compare: [],
  success,
  failure: [],
  ...rest,
});
const keysAt = (revision: number = 0): string =>
  store
    .range({ key: "\0", rangeEnd: "\0", revision })
    .kvs.map(({ key, value }) => `${key}=${value}`)
    .join(" ");

describe("revisions", () => {
  test("an empty store is at 1, and each write adds one", () => {
    expect(store.revision).toBe(1);
    expect(store.put({ key: "a" }).revision).toBe(2);
    expect(store.deleteRange({ key: "a" }).revision).toBe(3);
    expect(store.deleteRange({ key: "a" }).revision).toBe(3);
  });

  test("every revision since the last compaction can be read", () => {
    store.put({ key: "a", value: "1" });
    store.put({ key: "b", value: "1" });
    store.txn(txn([putOp("a", "2"), deleteOp("b")]));
    store.put({ key: "b", value: "3" });
    expect([1, 2, 3, 4, 5].map(keysAt)).toEqual(["", "a=1", "a=1 b=1", "a=2", "a=2 b=3"]);
    store.compact(3);
    expect([3, 4, 5].map(keysAt)).toEqual(["a=1 b=1", "a=2", "a=2 b=3"]);
    expect(() => keysAt(2)).toThrow("etcdserver: mvcc: required revision has been compacted");
  });
});

describe("a bounded history", () => {
  test("the older half goes when the bound is passed, the present stays", () => {
    store = new EtcdStore({ nowMs: () => 0, maxHistoryEvents: 10 });
    for (let value = 1; value <= 10; value++) store.put({ key: "a", value: String(value) });
    expect(store.compactRevision).toBe(-1);
    store.put({ key: "b", value: "1" });
    expect(store.compactRevision).toBeGreaterThan(2);
    expect(keysAt()).toBe("a=10 b=1");
    expect(keysAt(store.compactRevision)).toMatch(/^a=\d+$/);
  });

  test("a transaction larger than the bound keeps what it wrote", () => {
    store = new EtcdStore({ nowMs: () => 0, maxHistoryEvents: 2 });
    store.txn(txn(["a", "b", "c", "d"].map((key) => putOp(key, "1"))));
    expect(keysAt()).toBe("a=1 b=1 c=1 d=1");
  });
});

describe("conditions", () => {
  beforeEach(() => {
    store.put({ key: "a", value: "m" });
    store.put({ key: "a", value: "m" });
  });

  test.each<[string, Compare, boolean]>([
    ["version equal", { key: "a", target: "version", result: "equal", operand: 2 }, true],
    ["version greater", { key: "a", target: "version", result: "greater", operand: 2 }, false],
    ["create less", { key: "a", target: "create", result: "less", operand: 3 }, true],
    ["mod not equal", { key: "a", target: "mod", result: "notEqual", operand: 3 }, false],
    ["value less", { key: "a", target: "value", result: "less", operand: "n" }, true],
    ["value greater", { key: "a", target: "value", result: "greater", operand: "n" }, false],
    ["lease none", { key: "a", target: "lease", result: "equal", operand: 0n }, true],
    ["absent create 0", { key: "x", target: "create", result: "equal", operand: 0 }, true],
    ["absent value", { key: "x", target: "value", result: "notEqual", operand: "n" }, false],
    ["a range of one", { key: "a", rangeEnd: "b", target: "mod", result: "equal", operand: 3 }, true],
    ["an empty range", { key: "x", rangeEnd: "z", target: "mod", result: "equal", operand: 0 }, true],
  ])("%s", (_, compare, holds) => {
    expect(store.txn(txn([], { compare: [compare] })).succeeded).toBe(holds);
  });
});

describe("transactions", () => {
  const many = (count: number, op: (index: number) => RequestOp): RequestOp[] =>
    Array.from({ length: count }, (_, index) => op(index));
  const compares = (count: number): Compare[] =>
    Array.from({ length: count }, () => ({ key: "x", target: "version", result: "equal", operand: 0 }));

  test.each<[string, TxnRequest, string]>([
    ["129 operations", txn(many(129, (index) => putOp(`k${index}`))), "too many operations in txn request"],
    ["129 conditions", txn([], { compare: compares(129) }), "too many operations in txn request"],
    ["120 + 9 over two levels", txn(many(120, (i) => txnOp([putOp(`k${i}`)], [], compares(9)))), "too many operations"],
    ["a key put twice", txn([putOp("a"), putOp("a")]), "duplicate key given in txn request"],
    ["put and deleted", txn([putOp("b"), deleteOp("a", "c")]), "duplicate key given in txn request"],
    ["put below and above", txn([txnOp([putOp("a")]), putOp("a")]), "duplicate key given in txn request"],
    ["an empty key", txn([txnOp([putOp("")])]), "key is not provided"],
    ["an empty key in a condition", txn([], { compare: [{ ...compares(1)[0]!, key: "" }] }), "key is not provided"],
    ["an operation without content", txn([{ kind: "none" }]), "key not found"],
    [
      "a value to keep of an absent key",
      txn([{ kind: "put", request: { key: "x", ignoreValue: true } }]),
      "key not found",
    ],
    ["an unknown lease", txn([{ kind: "put", request: { key: "x", lease: 9n } }]), "requested lease not found"],
  ])("%s is refused and changes nothing", (_, request, text) => {
    expect(() => store.txn(request)).toThrow(text);
    expect(store.revision).toBe(1);
  });

  test.each<[string, TxnRequest]>([
    ["128 operations", txn(many(128, (index) => putOp(`k${index}`)))],
    ["120 nested ones with 8 conditions each", txn(many(120, (i) => txnOp([putOp(`k${i}`)], [], compares(8))))],
    ["a key in both branches", txn([putOp("a")], { failure: [putOp("a")] })],
    ["a key in both branches of a nested one", txn([txnOp([putOp("a")], [putOp("a")])])],
    ["a key at the end of a deleted range", txn([putOp("c"), deleteOp("a", "c")])],
  ])("%s is accepted", (_, request) => {
    expect(store.txn(request).succeeded).toBe(true);
  });

  test("nested conditions see the state before the transaction", () => {
    const absent: Compare = { key: "a", target: "create", result: "equal", operand: 0 };
    store.txn(txn([putOp("a", "1"), txnOp([putOp("b", "absent")], [putOp("b", "present")], [absent])]));
    expect(keysAt()).toBe("a=1 b=absent");
  });
});

describe("leases", () => {
  test("end when somebody looks after their time, with their keys", () => {
    const { id } = store.leaseGrant({ ttlSeconds: 5 });
    store.put({ key: "a", lease: id });
    store.put({ key: "b" });
    expect(store.nextLeaseExpiryMs()).toBe(5000);
    nowMs = 4999;
    expect(store.expireLeases()).toEqual([]);
    nowMs = 5000;
    expect(store.expireLeases()).toEqual([id]);
    expect(keysAt()).toBe("b=");
    expect(store.nextLeaseExpiryMs()).toBeUndefined();
  });

  test("a keepalive counts from now, and does not bring back what has passed", () => {
    const { id } = store.leaseGrant({ ttlSeconds: 5 });
    nowMs = 3000;
    expect(store.leaseKeepAlive(id).ttlSeconds).toBe(5);
    nowMs = 7999;
    expect(store.leaseTimeToLive(id)).toMatchObject({ ttlSeconds: 0, grantedTtlSeconds: 5 });
    expect(store.expireLeases()).toEqual([]);
    nowMs = 8000;
    expect(store.leaseKeepAlive(id).ttlSeconds).toBe(0);
    expect(store.expireLeases()).toEqual([id]);
    expect(store.leaseTimeToLive(id).ttlSeconds).toBe(-1);
  });

  test("numbers are exact to the last of 64 bits", () => {
    const id = 2n ** 63n - 1n;
    store.leaseGrant({ id, ttlSeconds: 5 });
    expect(() => store.leaseGrant({ id, ttlSeconds: 5 })).toThrow("etcdserver: lease already exists");
    expect(() => store.leaseRevoke(id - 1n)).toThrow("etcdserver: requested lease not found");
    expect(store.leaseIds()).toEqual([id]);
  });

  test("a number the client took is not chosen again", () => {
    store.leaseGrant({ id: 1n, ttlSeconds: 5 });
    expect(store.leaseGrant({ ttlSeconds: 5 }).id).toBe(2n);
  });
});
