import { GoverseError, jsonPayload, jsonTextOf } from "@goverse/core";
import { type LinkIdentity, PeerClient } from "@goverse/protocol/grpc";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Server } from "../src/index.ts";
import { createServer, SHARDS, startCluster, type TestCluster } from "./support/cluster.ts";

let cluster: TestCluster;
let server: Server;
const peers: PeerClient[] = [];
const within = { timeoutMs: 5000 };

beforeAll(async () => {
  cluster = await startCluster(["only"]);
  [server] = cluster.servers as [Server];
});
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
afterAll(() => cluster.stop());

function peerOf(other: Partial<LinkIdentity> | undefined, address = server.address): PeerClient {
  const identity: LinkIdentity = {
    cluster: "/goverse/",
    shardCount: SHARDS,
    address: "localhost:1",
    incarnation: () => 1,
    role: "gate",
    ...other,
  };
  const peer = new PeerClient(address, other === undefined ? {} : { link: identity });
  peers.push(peer);
  return peer;
}

const add = (id: string): Parameters<PeerClient["callObject"]>[0] => ({
  type: "Counter",
  id,
  method: "Add",
  payload: jsonPayload('{"by":1}'),
  callId: "c-1",
});

test("a node answers the same over a link and by unary", async () => {
  const [linked, unary] = [peerOf({}), peerOf(undefined)];
  expect(jsonTextOf((await linked.callObject(add("both"), within)).payload)).toBe('{"value":1,"node":"only"}');
  const second = await unary.callObject(add("both"), within);
  expect(jsonTextOf(second.payload)).toBe('{"value":2,"node":"only"}');
  const third = await linked.callObject(add("both"), within);
  expect([jsonTextOf(third.payload), third.epoch]).toEqual(['{"value":3,"node":"only"}', second.epoch]);
});

test("what a node refuses, it refuses the same way over a link and by unary", async () => {
  const refused = async (peer: PeerClient, call: ReturnType<typeof add>): Promise<unknown> => {
    const { code, message, details } = (await peer.callObject(call, within).catch(GoverseError.from)) as GoverseError;
    return { code, message, details };
  };
  const [linked, unary] = [peerOf({}), peerOf(undefined)];
  for (const other of [
    { type: "Nobody" },
    { method: "Nothing" },
    { method: "" },
    { id: "" },
    { clientId: "x".repeat(600) },
    { chain: ["x".repeat(600)] },
    { payload: { typeUrl: "", bytes: new Uint8Array() } },
    { caller: { shard: 1, epoch: 0 } },
    { method: "Fail" },
  ]) {
    const call = { ...add("refused"), ...other };
    expect(await refused(linked, call)).toEqual(await refused(unary, call));
  }
});

test("a caller of another system is sent away with the option to look at", async () => {
  const error = (await peerOf({ cluster: "/other" })
    .callObject(add("other"), within)
    .catch(GoverseError.from)) as GoverseError;
  expect([error.code, error.message]).toEqual(["UNAVAILABLE", expect.stringContaining("--etcd-prefix")]);
});

test("a node that stops ends its links in time, also of callers that stay", async () => {
  const leaving = createServer("leaving", { etcdAddress: cluster.etcd.address });
  await leaving.start();
  const linked = peerOf({}, leaving.address);
  const call = { ...add(`${leaving.address}/pinned`) };
  expect(jsonTextOf((await linked.callObject(call, within)).payload)).toBe('{"value":1,"node":"leaving"}');
  const startedMs = performance.now();
  await leaving.stop();
  expect(performance.now() - startedMs).toBeLessThan(5000);
  expect(((await linked.callObject(call, within).catch(GoverseError.from)) as GoverseError).code).toBe("UNAVAILABLE");
});
