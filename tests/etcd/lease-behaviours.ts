import { expect } from "vitest";
import { type Corner, events, until } from "./contract-target.ts";

const NOT_FOUND = "ERROR 5 NOT_FOUND: etcdserver: requested lease not found";

/** Sends one keepalive and waits for its answer. */
async function keepAlive(corner: Corner, ID: string): Promise<string> {
  const stream = await corner.client.leaseClient.leaseKeepAlive();
  const answered = new Promise<string>((resolve, reject) => {
    stream.on("data", (answer) => {
      expect(answer.ID).toBe(ID);
      resolve(answer.TTL);
    });
    stream.on("error", reject);
  });
  stream.write({ ID });
  return answered.finally(() => stream.end());
}

/** Behaviours of leases. */
export const leaseBehaviours: Readonly<Record<string, (corner: Corner) => Promise<void>>> = {
  "a grant chooses a number, or takes one that is free": async (corner) => {
    const { leaseClient } = corner.client;
    const chosen = await leaseClient.leaseGrant({ TTL: 100 });
    expect(BigInt(chosen.ID)).toBeGreaterThan(0n);
    expect(chosen.TTL).toBe("100");
    const own = await leaseClient.leaseGrant({ ID: "9223372036854775807", TTL: 100 });
    expect(own.ID).toBe("9223372036854775807");
    expect(await corner.error(leaseClient.leaseGrant({ ID: own.ID, TTL: 100 }))).toBe(
      "ERROR 9 FAILED_PRECONDITION: etcdserver: lease already exists",
    );
    await leaseClient.leaseRevoke({ ID: own.ID });
  },

  "a life is at least two seconds and at most three centuries": async (corner) => {
    const { leaseClient } = corner.client;
    expect((await leaseClient.leaseGrant({ TTL: 1 })).TTL).toBe("2");
    expect((await leaseClient.leaseGrant({ TTL: 0 })).TTL).toBe("2");
    expect((await leaseClient.leaseGrant({ TTL: "9000000000" })).TTL).toBe("9000000000");
    expect(await corner.error(leaseClient.leaseGrant({ TTL: "9000000001" }))).toBe(
      "ERROR 11 OUT_OF_RANGE: etcdserver: too large lease TTL",
    );
  },

  "a revocation deletes the keys at one revision": async (corner) => {
    const { leaseClient } = corner.client;
    const { ID } = await leaseClient.leaseGrant({ TTL: 100 });
    await corner.put("b", "1", ID);
    const before = await corner.put("a", "1", ID);
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), start_revision: before + 1, prev_kv: true } });
    const { header } = await leaseClient.leaseRevoke({ ID });
    expect(header.revision).toBe(String(before + 1));
    expect(await events(watch, 2)).toEqual(["delete a was 1", "delete b was 1"]);
    expect(await corner.error(leaseClient.leaseRevoke({ ID }))).toBe(NOT_FOUND);
  },

  "a key belongs to the lease it was last put with": async (corner) => {
    const { leaseClient } = corner.client;
    const [first, second] = [await leaseClient.leaseGrant({ TTL: 100 }), await leaseClient.leaseGrant({ TTL: 100 })];
    await corner.put("a", "1", first.ID);
    await corner.put("b", "1", first.ID);
    await corner.put("a", "2", second.ID);
    await corner.put("b", "2");
    expect((await leaseClient.leaseTimeToLive({ ID: first.ID, keys: true })).keys).toEqual([]);
    expect((await leaseClient.leaseTimeToLive({ ID: second.ID, keys: true })).keys).toEqual([corner.key("a")]);
    await leaseClient.leaseRevoke({ ID: first.ID });
    expect(await corner.value("a")).toBe("2");
    await leaseClient.leaseRevoke({ ID: second.ID });
    expect(await corner.value("a")).toBeUndefined();
    expect(await corner.value("b")).toBe("2");
  },

  "a deleted key leaves its lease": async (corner) => {
    const { leaseClient } = corner.client;
    const { ID } = await leaseClient.leaseGrant({ TTL: 100 });
    await corner.put("a", "1", ID);
    await corner.delete("a");
    await corner.put("a", "2");
    await leaseClient.leaseRevoke({ ID });
    expect(await corner.value("a")).toBe("2");
  },

  "time to live tells what is left, and -1 of a lease that is gone": async (corner) => {
    const { leaseClient } = corner.client;
    const { ID } = await leaseClient.leaseGrant({ TTL: 100 });
    const alive = await leaseClient.leaseTimeToLive({ ID });
    expect(alive).toMatchObject({ ID, grantedTTL: "100", keys: [] });
    expect(Number(alive.TTL)).toBeGreaterThan(50);
    await leaseClient.leaseRevoke({ ID });
    const gone = await leaseClient.leaseTimeToLive({ ID });
    expect(gone).toMatchObject({ ID, TTL: "-1", grantedTTL: "0" });
  },

  "leases are listed until they end": async (corner) => {
    const { leaseClient } = corner.client;
    const { ID } = await leaseClient.leaseGrant({ TTL: 100 });
    const listed = async (): Promise<boolean> =>
      (await leaseClient.leaseLeases()).leases.some((lease) => lease.ID === ID);
    expect(await listed()).toBe(true);
    await leaseClient.leaseRevoke({ ID });
    expect(await listed()).toBe(false);
  },

  "a keepalive is answered with the life granted, and with 0 when the lease is gone": async (corner) => {
    const { ID } = await corner.client.leaseClient.leaseGrant({ TTL: 100 });
    expect(await keepAlive(corner, ID)).toBe("100");
    await corner.client.leaseClient.leaseRevoke({ ID });
    expect(await keepAlive(corner, ID)).toBe("0");
  },

  "a lease that nobody renews ends with its keys, and one that is renewed does not": async (corner) => {
    const { leaseClient } = corner.client;
    const [dying, living] = [await leaseClient.leaseGrant({ TTL: 2 }), await leaseClient.leaseGrant({ TTL: 2 })];
    await corner.put("dying", "1", dying.ID);
    await corner.put("living", "1", living.ID);
    const watch = await corner.watch();
    watch.send({ create_request: { ...corner.all(), prev_kv: true } });
    await until(async () => {
      expect(await keepAlive(corner, living.ID)).toBe("2");
      return watch.messages.some((message) => message.events.length > 0);
    });
    expect(await events(watch, 1)).toEqual(["delete dying was 1"]);
    expect(await corner.value("living")).toBe("1");
    expect(await keepAlive(corner, dying.ID)).toBe("0");
  },
};
