import { GoverseError } from "@goverse/core";
import type { Server } from "@goverse/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { balanced, startCluster, sumOf, type TestCluster, until } from "./support/cluster.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { EventReader, httpCall } from "./support/http-client.ts";
import { freePort, TcpProxy } from "./support/tcp-proxy.ts";

// Leases of two seconds have to run out, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await startCluster("a");
});

afterEach(async () => {
  await cluster.stop();
});

/** Ids of objects, enough that every node has some. */
const IDS = Array.from({ length: 24 }, (_, i) => `object-${i}`);

function outcome(promise: Promise<unknown>): Promise<GoverseError | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => GoverseError.from(error),
  );
}

describe("while nodes come and go", () => {
  test("no call fails when a node leaves in good order", async () => {
    const leaving = await cluster.addNode("b");
    const gate = await cluster.addGate();
    const client = new GrpcClient(gate.address);
    let running = true;
    const failures: GoverseError[] = [];
    let calls = 0;
    const callers = Array.from({ length: 4 }, async (_, caller) => {
      for (let i = caller; running; i += 1) {
        const error = await outcome(client.call("Room", IDS[i % IDS.length] as string, "Add", { by: 1 }));
        if (error !== undefined) failures.push(error);
        calls += 1;
      }
    });
    await until("calls flow", () => calls > 50);
    await leaving.stop();
    const before = calls;
    await until("calls flow on", () => calls > before + 50);
    running = false;
    await Promise.all(callers);
    client.close();
    expect(failures.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  });

  test("a node that is gone leaves in doubt, by name, what it had; the rest waits for the next owner", async () => {
    const { doomed, proxy, client, there } = await clusterWithDoomedNode();
    const [busy = "", idle = ""] = there;
    const inFlight = outcome(client.call("Room", busy, "Wait", { ms: 60_000 }, { callId: "in-doubt" }));
    await until("the call runs", () => isBusy(client, busy));
    proxy.cut();
    const error = await inFlight;
    expect([error?.code, error?.details.callId]).toEqual(["UNKNOWN_OUTCOME", "in-doubt"]);

    const waiting = client.call("Room", idle, "Add", { by: 1 });
    void doomed.stop();
    expect(await waiting).toEqual({ value: 1, node: "a" });
    client.close();
  });

  test("a call that may be repeated is, by the next owner", async () => {
    const { doomed, proxy, client, there } = await clusterWithDoomedNode();
    const [busy = ""] = there;
    const inFlight = client.call("Room", busy, "Wait", { ms: 700 }, { repeatable: true });
    await until("the call runs", () => isBusy(client, busy));
    proxy.cut();
    void doomed.stop();
    expect(await inFlight).toEqual({ aborted: false });
    client.close();
  });
});

/** Two nodes, of which the second can be cut off, and the ids that are there. */
async function clusterWithDoomedNode(): Promise<{
  readonly doomed: Server;
  readonly proxy: TcpProxy;
  readonly client: GrpcClient;
  readonly there: readonly string[];
}> {
  const port = await freePort();
  const proxy = await TcpProxy.start(port);
  const addresses = { listenAddress: `localhost:${port}`, advertiseAddress: `localhost:${proxy.port}` };
  const doomed = await cluster.addNode("b", addresses);
  await balanced(cluster.nodes);
  const gate = await cluster.addGate();
  const client = new GrpcClient(gate.address);
  const owner = async (id: string): Promise<boolean> =>
    ((await client.call("Room", id, "Add", { by: 0 })) as { node: string }).node === "b";
  const owned = await Promise.all(IDS.map(owner));
  return { doomed, proxy, client, there: IDS.filter((_, i) => owned[i]) };
}

/** Whether a turn is running in the room. */
async function isBusy(client: GrpcClient, id: string): Promise<boolean> {
  const probe = await outcome(client.call("Room", id, "Get", undefined, { timeoutMs: 50 }));
  return probe?.code === "DEADLINE_EXCEEDED";
}

describe("slow clients", () => {
  test("are disconnected and counted while the others receive everything", async () => {
    const gate = await cluster.addGate();
    const [slow, fast] = [
      await EventReader.open(gate.httpAddress as string),
      await EventReader.open(gate.httpAddress as string),
    ];
    const client = new GrpcClient(gate.address);
    slow.pause();
    const text = "x".repeat(128 * 1024);
    let sent = 0;
    const dropped = (): Promise<number> => sumOf(gate, "goverse_pushes_dropped_total", 'reason="client_slow"');
    while ((await dropped()) === 0 && sent < 500) {
      await client.call("Room", "loud", "TellAll", { text });
      sent += 1;
    }
    expect(await dropped()).toBeGreaterThan(0);
    await until("everything arrives at the fast one", () => fast.messages.length === sent);
    expect(await sumOf(gate, "goverse_clients_connected")).toBe(1);
    slow.resume();
    await until("the slow one notices", () => slow.ended);
    expect(slow.messages.length).toBeLessThan(sent);
    fast.destroy();
    client.close();
  });

  test("of gRPC learn why, once they read again", async () => {
    const gate = await cluster.addGate();
    const client = new GrpcClient(gate.address);
    const slow = await client.register();
    slow.pause();
    const text = "x".repeat(128 * 1024);
    const connected = (): Promise<number> => sumOf(gate, "goverse_clients_connected");
    for (let sent = 0; (await connected()) === 1 && sent < 500; sent += 1) {
      await client.call("Room", "loud", "Tell", { to: [slow.clientId], text });
    }
    expect(await connected()).toBe(0);
    slow.resume();
    await until("it learns why", () => slow.ended);
    expect(slow.error).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringMatching(/too slowly/) as string,
    });
    client.close();
  });
});

describe("a gate that stops", () => {
  test("sends its clients away, finishes calls under way, and ends promptly", async () => {
    const gate = await cluster.addGate();
    const http = gate.httpAddress as string;
    const readers = [await EventReader.open(http), await EventReader.open(http)];
    readers[1]?.pause();
    const client = new GrpcClient(gate.address);
    const stream = await client.register();
    const underWay = [
      client.call("Room", "slow-1", "Wait", { ms: 300 }),
      httpCall(http, ["Room", "slow-2", "Wait"], { ms: 300 }).then(({ json }) => json),
    ];
    await until("the node has both calls", () => [...(cluster.nodes[0]?.node.objects() ?? [])].length === 2);
    const startedMs = performance.now();
    const stopping = gate.stop();
    expect(gate.readiness).toEqual({ ready: false, reason: "stopping" });
    expect(await Promise.all(underWay)).toEqual([{ aborted: false }, { aborted: false }]);
    await stopping;
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await until("all streams have ended", () => stream.ended && readers[0]?.ended === true);
    expect(readers[0]?.text).toContain('event: close\ndata: {"reason":"stopping"}');
    expect(stream.error?.code).toBe("UNAVAILABLE");
    expect((await outcome(client.call("Room", "late", "Get")))?.code).toBe("UNAVAILABLE");
    client.close();
  });

  test("gives up what does not finish in time, and says so", async () => {
    const gate = await cluster.addGate({ times: { leaseTtlMs: 2_000, etcdTimeoutMs: 500, stopTimeoutMs: 500 } });
    const client = new GrpcClient(gate.address);
    const stuck = outcome(client.call("Room", "stuck", "Wait", { ms: 60_000 }, { callId: "stuck" }));
    await until("it runs", () => [...(cluster.nodes[0]?.node.objects() ?? [])].length === 1);
    await gate.stop();
    const error = await stuck;
    expect([error?.code, error?.details.callId]).toEqual(["UNKNOWN_OUTCOME", "stuck"]);
    client.close();
  });

  test("leaves the cluster: the nodes forget it", async () => {
    const gate = await cluster.addGate();
    await gate.stop();
    const again = await cluster.addGate({ listenAddress: gate.address });
    expect(again.address).toBe(gate.address);
  });
});
