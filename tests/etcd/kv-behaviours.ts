import { expect } from "vitest";
import type { Corner } from "./contract-target.ts";

/** Behaviours of single reads and writes. */
export const kvBehaviours: Readonly<Record<string, (corner: Corner) => Promise<void>>> = {
  "a put counts versions and keeps the create revision": async (corner) => {
    const created = await corner.put("a", "1");
    const changed = await corner.put("a", "2");
    const { kvs } = await corner.client.kv.range({ key: corner.key("a") });
    expect(changed).toBe(created + 1);
    expect(kvs).toMatchObject([
      { create_revision: String(created), mod_revision: String(changed), version: "2", lease: "0" },
    ]);
  },

  "a key that was deleted starts again at version 1": async (corner) => {
    await corner.put("a", "1");
    await corner.delete("a");
    const created = await corner.put("a", "2");
    const { kvs } = await corner.client.kv.range({ key: corner.key("a") });
    expect(kvs).toMatchObject([{ create_revision: String(created), version: "1" }]);
  },

  "a put returns what it overwrote when asked": async (corner) => {
    const request = { key: corner.key("a"), prev_kv: true };
    expect((await corner.client.kv.put({ ...request, value: Buffer.from("1") })).prev_kv).toBeNull();
    const { prev_kv } = await corner.client.kv.put({ ...request, value: Buffer.from("2") });
    expect(prev_kv.value.toString()).toBe("1");
  },

  "a put can keep the value, or the lease, of a key that exists": async (corner) => {
    const { ID } = await corner.client.leaseClient.leaseGrant({ TTL: 100 });
    await corner.put("a", "1", ID);
    const key = corner.key("a");
    await corner.client.kv.put({ key, value: Buffer.from("2"), ignore_lease: true });
    expect((await corner.client.kv.range({ key })).kvs).toMatchObject([{ value: Buffer.from("2"), lease: ID }]);
    await corner.client.kv.put({ key, ignore_value: true });
    expect((await corner.client.kv.range({ key })).kvs).toMatchObject([{ value: Buffer.from("2"), lease: "0" }]);
  },

  "puts that contradict themselves are refused": async (corner) => {
    const { kv } = corner.client;
    const [key, value] = [corner.key("a"), Buffer.from("1")];
    expect(await corner.error(kv.put({ value }))).toBe("ERROR 3 INVALID_ARGUMENT: etcdserver: key is not provided");
    expect(await corner.error(kv.put({ key, value, ignore_value: true }))).toBe(
      "ERROR 3 INVALID_ARGUMENT: etcdserver: value is provided",
    );
    expect(await corner.error(kv.put({ key, value, lease: "5", ignore_lease: true }))).toBe(
      "ERROR 3 INVALID_ARGUMENT: etcdserver: lease is provided",
    );
    expect(await corner.error(kv.put({ key, ignore_value: true }))).toBe(
      "ERROR 3 INVALID_ARGUMENT: etcdserver: key not found",
    );
    expect(await corner.error(kv.put({ key, value, lease: "404404" }))).toBe(
      "ERROR 5 NOT_FOUND: etcdserver: requested lease not found",
    );
  },

  "keys and values are bytes, ordered as bytes": async (corner) => {
    const { kv } = corner.client;
    const keys = [0x00, 0x7f, 0x80, 0xff].map((byte) => Buffer.concat([corner.key(""), Buffer.from([byte])]));
    for (const key of keys.toReversed()) await kv.put({ key, value: Buffer.from([0xff, 0x00, 0xfe]) });
    const { kvs } = await kv.range(corner.all());
    expect(kvs.map(({ key }) => key)).toEqual(keys);
    expect(kvs[0]?.value).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
  },

  "a range reads one key, a piece, or everything from a key on": async (corner) => {
    for (const name of ["a", "b", "c"]) await corner.put(name, name);
    const { kv } = corner.client;
    expect(corner.names((await kv.range({ key: corner.key("b") })).kvs)).toEqual(["b"]);
    expect(corner.names((await kv.range({ key: corner.key("a"), range_end: corner.key("c") })).kvs)).toEqual([
      "a",
      "b",
    ]);
    expect((await kv.range({ key: corner.key("c"), range_end: corner.key("a") })).kvs).toEqual([]);
    const rest = await kv.range({ key: corner.key("b"), range_end: Buffer.from([0]), limit: 2 });
    expect(corner.names(rest.kvs)).toEqual(["b", "c"]);
  },

  "a limit cuts the answer, not the count": async (corner) => {
    for (const name of ["a", "b", "c"]) await corner.put(name, name);
    const { kv } = corner.client;
    expect(await kv.range({ ...corner.all(), limit: 2 })).toMatchObject({ more: true, count: "3", kvs: { length: 2 } });
    expect(await kv.range({ ...corner.all(), limit: 3 })).toMatchObject({ more: false, count: "3" });
  },

  "count_only and keys_only leave out what their names say": async (corner) => {
    await corner.put("a", "1");
    const { kv } = corner.client;
    expect(await kv.range({ ...corner.all(), count_only: true })).toMatchObject({ count: "1", kvs: [] });
    const { kvs } = await kv.range({ ...corner.all(), keys_only: true });
    expect(kvs).toMatchObject([{ key: corner.key("a"), value: Buffer.alloc(0), version: "1" }]);
  },

  "a range sorts by each of its targets": async (corner) => {
    await corner.put("a", "3");
    await corner.put("b", "1");
    await corner.put("b", "2");
    await corner.put("c", "1");
    for (let count = 0; count < 3; count++) await corner.put("a", "3");
    const sorted = async (sort_target: "Key" | "Version" | "Create" | "Mod" | "Value"): Promise<string> => {
      const ascending = await corner.client.kv.range({ ...corner.all(), sort_target, sort_order: "Ascend" });
      const descending = await corner.client.kv.range({ ...corner.all(), sort_target, sort_order: "Descend" });
      expect(corner.names(descending.kvs)).toEqual(corner.names(ascending.kvs).toReversed());
      return corner.names(ascending.kvs).join("");
    };
    expect(await sorted("Key")).toBe("abc");
    expect(await sorted("Version")).toBe("cba");
    expect(await sorted("Create")).toBe("abc");
    expect(await sorted("Mod")).toBe("bca");
    expect(await sorted("Value")).toBe("cba");
  },

  "the newest key of many is one sorted range away": async (corner) => {
    for (const name of ["a", "b", "c"]) await corner.put(name, name);
    const revision = await corner.put("b", "again");
    const answer = await corner.client.kv.range({
      ...corner.all(),
      limit: 1,
      sort_target: "Mod",
      sort_order: "Descend",
      keys_only: true,
    });
    expect(answer).toMatchObject({ count: "3", more: true });
    expect(answer.kvs).toMatchObject([{ key: corner.key("b"), mod_revision: String(revision) }]);
  },

  "revision filters drop keys but not from the count": async (corner) => {
    await corner.put("a", "1");
    const second = await corner.put("b", "1");
    await corner.put("a", "2");
    const names = async (filter: object): Promise<string> => {
      const { kvs, count } = await corner.client.kv.range({ ...corner.all(), ...filter });
      expect(count).toBe("2");
      return corner.names(kvs).join("");
    };
    expect(await names({ min_mod_revision: second + 1 })).toBe("a");
    expect(await names({ max_mod_revision: second })).toBe("b");
    expect(await names({ min_create_revision: second })).toBe("b");
    expect(await names({ max_create_revision: second - 1 })).toBe("a");
  },

  "a range at an older revision sees the past": async (corner) => {
    const first = await corner.put("a", "1");
    const second = await corner.put("a", "2");
    const third = await corner.delete("a");
    const at = async (revision: number): Promise<string | undefined> => {
      const answer = await corner.client.kv.range({ key: corner.key("a"), revision });
      expect(answer.header.revision).toBe(String(third));
      return answer.kvs[0]?.value.toString();
    };
    expect(await at(first)).toBe("1");
    expect(await at(second)).toBe("2");
    expect(await at(third)).toBeUndefined();
    expect(await corner.error(corner.client.kv.range({ key: corner.key("a"), revision: third + 1 }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
    );
  },

  "a deletion counts, returns what was there, and costs a revision only when something was": async (corner) => {
    await corner.put("a", "1");
    const revision = await corner.put("b", "2");
    const { kv } = corner.client;
    const answer = await kv.deleteRange({ ...corner.all(), prev_kv: true });
    expect(answer).toMatchObject({ deleted: "2", header: { revision: String(revision + 1) } });
    expect(answer.prev_kvs.map(({ value }) => value.toString())).toEqual(["1", "2"]);
    const again = await kv.deleteRange(corner.all());
    expect(again).toMatchObject({ deleted: "0", header: { revision: String(revision + 1) } });
  },

  "a compaction takes the past away and keeps the present": async (corner) => {
    const first = await corner.put("a", "1");
    const second = await corner.put("a", "2");
    const { kv } = corner.client;
    await kv.compact({ revision: second, physical: true });
    expect(await corner.value("a")).toBe("2");
    expect(await corner.error(kv.range({ key: corner.key("a"), revision: first }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
    );
    expect(await corner.error(kv.compact({ revision: second }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
    );
    expect(await corner.error(kv.compact({ revision: second + 100 }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
    );
  },

  "a write past 1.5 MiB is refused with etcd's own words": async (corner) => {
    const { kv } = corner.client;
    const request = { key: corner.key("a"), value: Buffer.alloc(1.5 * 1024 * 1024) };
    const refusal = "ERROR 3 INVALID_ARGUMENT: etcdserver: request is too large";
    expect(await corner.error(kv.put(request))).toBe(refusal);
    expect(await corner.error(kv.txn({ success: [{ request_put: request }] }))).toBe(refusal);
    expect(await corner.value("a")).toBeUndefined();
    await kv.put({ ...request, value: Buffer.alloc(1.5 * 1024 * 1024 - 200) });
  },

  "the server reports its status and its member": async (corner) => {
    const status = await corner.client.maintenance.status();
    expect(status.version).toMatch(/^3\./);
    expect(status.leader).not.toBe("0");
    const { members } = await corner.client.cluster.memberList({});
    expect(members).toMatchObject([{ ID: status.leader }]);
    expect(members[0]?.clientURLs).toHaveLength(1);
  },
};
