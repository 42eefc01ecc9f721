import type { Socket } from "node:net";
import { type GoverseError, jsonPayload, parseAddress } from "@goverse/core";
import { afterEach, describe, expect, test } from "vitest";
import { type Handlers, type PeerCall, PeerClient, stopGrpcServer } from "../src/grpc.ts";
import { type Goverse, payloadToAny } from "../src/index.ts";
import { type InProcessNode, startNode } from "./support/in-process-node.ts";
import { freePort, listen, proxyTo } from "./support/network.ts";
import { startNodeProcess } from "./support/node-process.ts";
import { Cleanups, deferred, failureOf } from "./support/outcome.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

const call = (method: string, text = '"x"'): PeerCall => ({
  type: "T",
  id: "a",
  method,
  payload: jsonPayload(text),
  callId: "call-1",
});
const within = { timeoutMs: 5000 };
const longText = JSON.stringify("x".repeat(9000));

function peerAt(address: string, maxMessageBytes?: number): PeerClient {
  const peer = new PeerClient(parseAddress(address), { maxMessageBytes });
  cleanups.add(() => peer.close());
  return peer;
}

async function node(
  callObject: Handlers<typeof Goverse>["callObject"],
  maxMessageBytes?: number,
): Promise<InProcessNode> {
  const started = await startNode(callObject === undefined ? {} : { callObject }, { maxMessageBytes });
  cleanups.add(() => started.server.forceShutdown());
  return started;
}

/** A node whose calls never end, and the moment when the first has begun. */
async function hangingNode(): Promise<
  InProcessNode & { readonly begun: Promise<void>; readonly aborted: Promise<void> }
> {
  const begun = deferred();
  const aborted = deferred();
  const started = await node((_request, { signal }) => {
    begun.resolve();
    signal.addEventListener("abort", aborted.resolve);
    return new Promise(() => {});
  });
  return { ...started, begun: begun.promise, aborted: aborted.promise };
}

describe("a call that provably did not reach the node is UNAVAILABLE", () => {
  test("nobody listens", async () => {
    const error = await failureOf(peerAt(`127.0.0.1:${await freePort()}`).callObject(call("Echo"), within));
    expect(error).toMatchObject({ code: "UNAVAILABLE", notStarted: true, details: { callId: "call-1" } });
  });

  test("the name stands for nothing", async () => {
    const error = await failureOf(peerAt("nowhere.invalid:47000").callObject(call("Echo"), within));
    expect(error.code).toBe("UNAVAILABLE");
  });

  test("the other end accepts and closes at once", async () => {
    const listener = await listen((socket) => socket.destroy());
    cleanups.add(() => listener.close());
    const error = await failureOf(peerAt(`127.0.0.1:${listener.port}`).callObject(call("Echo"), within));
    expect(error.code).toBe("UNAVAILABLE");
  });

  test("the connection was closed on our side", async () => {
    const { address } = await node(async () => ({}));
    const peer = peerAt(address);
    await peer.callObject(call("Echo"), within);
    peer.close();
    expect((await failureOf(peer.callObject(call("Echo"), within))).code).toBe("UNAVAILABLE");
  });

  test("a stopping server finishes what it took and refuses the rest, so no outcome is unknown", async () => {
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 5; round += 1) {
      const { server, address } = await node(() => new Promise((resolve) => setImmediate(() => resolve({}))));
      const peer = peerAt(address);
      await peer.callObject(call("Echo"), within);
      let stopped = false;
      const caller = async (): Promise<void> => {
        while (!stopped) {
          const outcome = await peer.callObject(call("Echo"), within).then(
            () => "OK",
            (error: GoverseError) => error.code,
          );
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          if (outcome !== "OK") return;
        }
      };
      const callers = Array.from({ length: 30 }, caller);
      await Promise.all(Array.from({ length: 10 }, () => peer.callObject(call("Echo"), within)));
      expect(await stopGrpcServer(server, 2000)).toBe(true);
      stopped = true;
      await Promise.all(callers);
    }
    expect([...outcomes.keys()].sort()).toEqual(["OK", "UNAVAILABLE"]);
  });
});

describe("a call that may have reached the node is UNKNOWN_OUTCOME", () => {
  test("the process was killed with calls in flight; later calls are UNAVAILABLE until it is back", async () => {
    const first = await startNodeProcess();
    cleanups.add(() => first.kill());
    const peer = peerAt(`127.0.0.1:${first.port}`);
    const failures = [1, 2, 3].map(() => failureOf(peer.callObject(call("Hang"), within)));
    await first.hanging(3);
    await first.kill();
    for (const error of await Promise.all(failures)) {
      expect(error).toMatchObject({ code: "UNKNOWN_OUTCOME", notStarted: false, details: { callId: "call-1" } });
    }
    expect((await failureOf(peer.callObject(call("Echo"), within))).code).toBe("UNAVAILABLE");

    const again = await startNodeProcess(first.port);
    cleanups.add(() => again.kill());
    const retry = (): Promise<unknown> => peer.callObject(call("Echo"), within).catch(() => undefined);
    await expect.poll(retry, { timeout: 5000 }).toBeDefined();
  });

  test("the process was frozen: the deadline passes", async () => {
    const frozen = await startNodeProcess();
    cleanups.add(() => frozen.kill());
    const peer = peerAt(`127.0.0.1:${frozen.port}`);
    await peer.callObject(call("Echo"), within);
    frozen.child.kill("SIGSTOP");
    expect((await failureOf(peer.callObject(call("Echo"), { timeoutMs: 100 }))).code).toBe("DEADLINE_EXCEEDED");
  });

  test("the server was shut down by force", async () => {
    const { server, address, begun } = await hangingNode();
    const failure = failureOf(peerAt(address).callObject(call("Hang"), within));
    await begun;
    server.forceShutdown();
    expect((await failure).code).toBe("UNKNOWN_OUTCOME");
  });

  test("the server stopped and the call outlived the grace", async () => {
    const { server, address, begun } = await hangingNode();
    const failure = failureOf(peerAt(address).callObject(call("Hang"), within));
    await begun;
    expect(await stopGrpcServer(server, 20)).toBe(false);
    expect((await failure).code).toBe("UNKNOWN_OUTCOME");
  });

  test.each([
    ["closed", (socket: Socket): unknown => socket.end()],
    ["destroyed", (socket: Socket): unknown => socket.destroy()],
    ["reset", (socket: Socket): unknown => socket.resetAndDestroy()],
  ])("the network %s the connection in the middle of the call", async (_name, cut) => {
    const { address, begun } = await hangingNode();
    const proxy = await proxyTo(Number(address.split(":")[1]));
    cleanups.add(() => proxy.close());
    const failure = failureOf(peerAt(`127.0.0.1:${proxy.port}`).callObject(call("Hang"), within));
    await begun;
    for (const socket of proxy.sockets) cut(socket);
    expect((await failure).code).toBe("UNKNOWN_OUTCOME");
  });

  test("the reply is above our limit", async () => {
    const { address } = await node(async () => ({ response: payloadToAny(jsonPayload(longText)) }));
    const error = await failureOf(peerAt(address, 1000).callObject(call("Echo"), within));
    expect(error).toMatchObject({ code: "UNKNOWN_OUTCOME", details: { callId: "call-1" } });
  });
});

describe("a request above a limit is PAYLOAD_TOO_LARGE", () => {
  test("above our own", async () => {
    const { address } = await node(async () => ({}));
    const error = await failureOf(peerAt(address, 1000).callObject(call("Echo", longText), within));
    expect(error.code).toBe("PAYLOAD_TOO_LARGE");
  });

  test("above the node's, before anything ran", async () => {
    let ran = false;
    const { address } = await node(async () => {
      ran = true;
      return {};
    }, 1000);
    const error = await failureOf(peerAt(address).callObject(call("Echo", longText), within));
    expect(error.code).toBe("PAYLOAD_TOO_LARGE");
    expect(ran).toBe(false);
  });
});

describe("a caller that gives up", () => {
  test("by its signal gets CANCELLED, and the node's signal is aborted", async () => {
    const { address, begun, aborted } = await hangingNode();
    const abort = new AbortController();
    const failure = failureOf(peerAt(address).callObject(call("Hang"), { ...within, signal: abort.signal }));
    await begun;
    abort.abort();
    expect((await failure).code).toBe("CANCELLED");
    await aborted;
  });

  test("before the call sends nothing", async () => {
    const options = { ...within, signal: AbortSignal.abort() };
    expect((await failureOf(peerAt("127.0.0.1:1").callObject(call("Echo"), options))).code).toBe("CANCELLED");
  });

  test("by its deadline gets DEADLINE_EXCEEDED, and the node's signal is aborted", async () => {
    const { address, aborted } = await hangingNode();
    const failure = failureOf(peerAt(address).callObject(call("Hang"), { timeoutMs: 100 }));
    expect((await failure).code).toBe("DEADLINE_EXCEEDED");
    await aborted;
  });
});

test("a method that the peer does not serve is UNSUPPORTED", async () => {
  const { address } = await node(undefined);
  expect((await failureOf(peerAt(address).callObject(call("Echo"), within))).code).toBe("UNSUPPORTED");
});
