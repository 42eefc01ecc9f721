import type { ICompare, IRequestOp } from "etcd3";
import { expect } from "vitest";
import { type Corner, events } from "./contract-target.ts";

const DUPLICATE = "ERROR 3 INVALID_ARGUMENT: etcdserver: duplicate key given in txn request";
const TOO_MANY = "ERROR 3 INVALID_ARGUMENT: etcdserver: too many operations in txn request";

const nested = (success: IRequestOp[], failure: IRequestOp[] = [], compare: ICompare[] = []): IRequestOp => ({
  request_txn: { compare, success, failure },
});

/** Behaviours of transactions. */
export const txnBehaviours: Readonly<Record<string, (corner: Corner) => Promise<void>>> = {
  "all conditions decide which branch runs": async (corner) => {
    await corner.put("a", "1");
    const holds: ICompare = { key: corner.key("a"), target: "Version", result: "Equal", version: 1 };
    const fails: ICompare = { key: corner.key("b"), target: "Version", result: "Greater", version: 0 };
    const run = async (compare: ICompare[]): Promise<boolean> => {
      const success = [corner.putOp("yes")];
      return (await corner.client.kv.txn({ compare, success, failure: [corner.putOp("no")] })).succeeded;
    };
    expect(await run([holds])).toBe(true);
    expect(await run([holds, fails])).toBe(false);
    expect(await run([])).toBe(true);
    expect(corner.names((await corner.client.kv.range(corner.all())).kvs)).toEqual(["a", "no", "yes"]);
  },

  "an absent key compares as zeros, but its value with nothing": async (corner) => {
    const holds = async (compare: Omit<ICompare, "key">): Promise<boolean> =>
      (await corner.client.kv.txn({ compare: [{ ...compare, key: corner.key("absent") }] })).succeeded;
    expect(await holds({ target: "Create", result: "Equal", create_revision: 0 })).toBe(true);
    expect(await holds({ target: "Mod", result: "Equal", mod_revision: 0 })).toBe(true);
    expect(await holds({ target: "Version", result: "Less", version: 1 })).toBe(true);
    expect(await holds({ target: "Lease", result: "Equal", lease: 0 })).toBe(true);
    expect(await holds({ target: "Value", result: "Equal", value: Buffer.alloc(0) })).toBe(false);
    expect(await holds({ target: "Value", result: "NotEqual", value: Buffer.from("x") })).toBe(false);
  },

  "a condition on a range must hold for every key": async (corner) => {
    await corner.put("a", "1");
    await corner.put("b", "1");
    const same: ICompare = { ...corner.all(), target: "Value", result: "Equal", value: Buffer.from("1") };
    expect((await corner.client.kv.txn({ compare: [same] })).succeeded).toBe(true);
    await corner.put("b", "2");
    expect((await corner.client.kv.txn({ compare: [same] })).succeeded).toBe(false);
  },

  "everything in a transaction happens at one revision, in order": async (corner) => {
    const before = await corner.put("a", "0");
    const key = corner.key("a");
    const answer = await corner.client.kv.txn({
      success: [
        { request_range: { key } },
        corner.putOp("a", "1"),
        { request_range: { key } },
        { request_range: { key, revision: before } },
      ],
    });
    expect(answer.header.revision).toBe(String(before + 1));
    const seen = answer.responses.map((response) => response.response_range?.kvs[0]?.value.toString());
    expect(seen).toEqual(["0", undefined, "1", "0"]);
    const revisions = answer.responses.map((op) => Number((op.response_range ?? op.response_put).header.revision));
    expect(revisions).toEqual([before, before + 1, before + 1, before + 1]);
  },

  "a transaction that writes nothing costs no revision": async (corner) => {
    const before = await corner.put("a", "0");
    const answer = await corner.client.kv.txn({ success: [{ request_delete_range: { key: corner.key("absent") } }] });
    expect(answer.header.revision).toBe(String(before));
  },

  "nested transactions succeed or fail alone": async (corner) => {
    const absent = (name: string): ICompare => ({
      key: corner.key(name),
      target: "Create",
      result: "Equal",
      create_revision: 0,
    });
    const mine = [corner.putOp("a", "me")];
    await corner.put("b", "rival");
    const answer = await corner.client.kv.txn({
      success: [
        nested(mine, [], [absent("a")]),
        nested([corner.putOp("b", "me")], [{ request_range: { key: corner.key("b") } }], [absent("b")]),
      ],
    });
    expect(answer.responses.map((response) => response.response_txn.succeeded)).toEqual([true, false]);
    const [seen] = answer.responses[1]?.response_txn.responses ?? [];
    expect(seen?.response_range.kvs[0]?.value.toString()).toBe("rival");
    expect(answer.responses.map((response) => response.response_txn.header.revision)).toEqual(["0", "0"]);
    expect(await corner.value("a")).toBe("me");
  },

  "nested conditions are decided before anything runs": async (corner) => {
    const exists: ICompare = { key: corner.key("a"), target: "Version", result: "Greater", version: 0 };
    const answer = await corner.client.kv.txn({
      success: [corner.putOp("a"), nested([corner.putOp("late")], [], [exists])],
    });
    expect(answer.responses[1]?.response_txn.succeeded).toBe(false);
  },

  "a level holds 128 operations, less what its ancestors take": async (corner) => {
    const { kv } = corner.client;
    const puts = (count: number, prefix: string = "p"): IRequestOp[] =>
      Array.from({ length: count }, (_, index) => corner.putOp(`${prefix}${index}`));
    const compares = (count: number): ICompare[] =>
      Array.from({ length: count }, () => ({ key: corner.key("a"), target: "Version", result: "Equal", version: 0 }));
    expect((await kv.txn({ success: puts(128) })).succeeded).toBe(true);
    expect(await corner.error(kv.txn({ success: puts(129) }))).toBe(TOO_MANY);
    expect(await corner.error(kv.txn({ failure: puts(129) }))).toBe(TOO_MANY);
    expect(await corner.error(kv.txn({ compare: compares(129) }))).toBe(TOO_MANY);
    const perKey = (count: number): IRequestOp[] =>
      Array.from({ length: count }, (_, index) => nested([corner.putOp(`n${index}`)], [], compares(4)));
    expect((await kv.txn({ success: perKey(124) })).responses).toHaveLength(124);
    expect(await corner.error(kv.txn({ success: perKey(125) }))).toBe(TOO_MANY);
  },

  "a key may be written once per run": async (corner) => {
    const { kv } = corner.client;
    const [a, b] = [corner.putOp("a"), corner.putOp("b")];
    const drop: IRequestOp = { request_delete_range: { key: corner.key("a") } };
    const dropAll: IRequestOp = { request_delete_range: corner.all() };
    for (const success of [
      [a, a],
      [a, drop],
      [dropAll, a],
      [nested([a]), a],
      [nested([a]), nested([a])],
      [drop, nested([a])],
      [nested([drop]), a],
    ]) {
      expect(await corner.error(kv.txn({ success }))).toBe(DUPLICATE);
    }
    for (const success of [[a, b], [nested([a], [a])], [nested([a]), nested([drop])], [drop, drop]]) {
      expect((await kv.txn({ success })).succeeded).toBe(true);
    }
    expect((await kv.txn({ success: [a], failure: [a] })).succeeded).toBe(true);
  },

  "what is refused has changed nothing": async (corner) => {
    const before = await corner.put("a", "0");
    const { kv } = corner.client;
    const needsKey: IRequestOp = { request_put: { key: corner.key("absent"), ignore_value: true } };
    expect(await corner.error(kv.txn({ success: [corner.putOp("a", "1"), needsKey] }))).toBe(
      "ERROR 3 INVALID_ARGUMENT: etcdserver: key not found",
    );
    const future: IRequestOp = { request_range: { key: corner.key("a"), revision: before + 50 } };
    expect(await corner.error(kv.txn({ success: [corner.putOp("a", "1"), future] }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
    );
    const lease: IRequestOp = { request_put: { key: corner.key("a"), lease: "404404" } };
    expect(await corner.error(kv.txn({ success: [corner.putOp("b", "1"), lease] }))).toBe(
      "ERROR 5 NOT_FOUND: etcdserver: requested lease not found",
    );
    expect(await corner.error(kv.txn({ success: [{}] }))).toBe("ERROR 3 INVALID_ARGUMENT: etcdserver: key not found");
    expect(await corner.value("a")).toBe("0");
  },

  "a key touched twice in one transaction reports what it was before the transaction": async (corner) => {
    await corner.put("a", "old");
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), prev_kv: true } });
    await corner.client.kv.put({ key: corner.key("z") });
    await corner.client.kv.txn({
      success: [nested([corner.putOp("a", "new")]), nested([{ request_delete_range: { key: corner.key("a") } }])],
    });
    const seen = await events(watch, 2).then(() =>
      events(watch, watch.messages.flatMap(({ events }) => events).length),
    );
    expect(seen.filter((text) => !text.includes(" z"))).toEqual(["put a=new was old", "delete a was old"]);
  },
};
