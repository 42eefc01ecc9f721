import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { GoverseError, parseAddress } from "@goverse/core";
import { afterEach, describe, expect, test } from "vitest";
import { channelOptions, type LinkClient, type PeerReply, type ReceivedCall } from "../src/grpc.ts";
import { FrameBuffer } from "../src/grpc/link/frame-buffer.ts";
import { helloOf } from "../src/grpc/link/hello.ts";
import { LINK_METHOD } from "../src/grpc/link/link-method.ts";
import { callOf, dial, echoAtRandom, identityOf, type LinkedServer, serveLinks } from "./support/linked.ts";
import { freePort, type Listener, proxyTo } from "./support/network.ts";
import { Cleanups, deferred, failureOf } from "./support/outcome.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());
const within = { timeoutMs: 20_000 };

async function outcomeOf(call: Promise<PeerReply>): Promise<string> {
  const outcome = await call.catch(GoverseError.from);
  return outcome instanceof GoverseError ? outcome.code : "answered";
}

/** A server behind a proxy that can be cut and paused. */
async function proxied(serve: (call: ReceivedCall) => Promise<PeerReply>): Promise<LinkedServer & { proxy: Listener }> {
  const server = await serveLinks(cleanups, serve);
  const proxy = await proxyTo(Number(server.address.split(":")[1]));
  cleanups.add(() => proxy.close());
  return { ...server, proxy, address: parseAddress(`127.0.0.1:${proxy.port}`) };
}

function pause(proxy: Listener): void {
  for (const socket of proxy.sockets) {
    socket.unpipe();
    socket.pause();
  }
}

describe("a link that is lost", () => {
  test("fails what was sent with UNKNOWN_OUTCOME and the call's id, and comes back by itself", async () => {
    const begun = deferred();
    const { address, proxy, acceptor } = await proxied(async (call) => {
      if (call.method !== "Hang") return echoAtRandom(call);
      begun.resolve();
      return new Promise(() => {});
    });
    const link = dial(cleanups, address);
    const call = callOf("Hang");
    const lost = failureOf(link.call(call, within));
    await begun.promise;
    for (const socket of proxy.sockets) socket.destroy();
    const error = await lost;
    expect([error.code, error.details.callId]).toEqual(["UNKNOWN_OUTCOME", call.callId]);
    // Nobody has to call for that.
    await expect.poll(() => acceptor.size, { timeout: 5000 }).toBe(0);
    await expect.poll(() => acceptor.size, { timeout: 5000 }).toBe(1);
    await expect.poll(() => outcomeOf(link.call(callOf("Echo"), within)), { timeout: 5000 }).toBe("answered");
  });

  test("fails what was not written yet as not started", async () => {
    const { address, proxy } = await proxied(echoAtRandom);
    const link = dial(cleanups, address);
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("answered");
    pause(proxy);
    // More than sockets and HTTP/2 windows take: the last ones are still in the buffer.
    const calls = Array.from({ length: 120 }, () => link.call(callOf("Echo", new Uint8Array(60_000)), within));
    const codes = Promise.all(calls.map(outcomeOf));
    for (let turns = 20; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
    for (const socket of proxy.sockets) socket.destroy();
    const seen = await codes;
    expect(new Set(seen)).toEqual(new Set(["UNKNOWN_OUTCOME", "UNAVAILABLE"]));
    expect([seen[0], seen.at(-1)]).toEqual(["UNKNOWN_OUTCOME", "UNAVAILABLE"]);
  });

  test("to nobody fails at once, and finds whoever comes", async () => {
    const port = await freePort();
    const link = dial(cleanups, parseAddress(`127.0.0.1:${port}`));
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("UNAVAILABLE");
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("UNAVAILABLE");
  });
});

describe("a peer that is frozen", () => {
  test("is noticed within 15 seconds with the settings of links, and sooner with shorter ones", async () => {
    const settings = channelOptions();
    const noticedMs = Number(settings["grpc.keepalive_time_ms"]) + Number(settings["grpc.keepalive_timeout_ms"]);
    expect(noticedMs).toBeLessThanOrEqual(15_000);
    const { address, proxy } = await proxied(echoAtRandom);
    const link = dial(cleanups, address, {
      channel: { "grpc.keepalive_time_ms": 300, "grpc.keepalive_timeout_ms": 200 },
    });
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("answered");
    const pausedAtMs = performance.now();
    pause(proxy);
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("UNKNOWN_OUTCOME");
    expect(performance.now() - pausedAtMs).toBeLessThan(5000);
  });

  test("costs its callers little memory, however much they want to send", async () => {
    const { address, proxy } = await proxied(echoAtRandom);
    const link = dial(cleanups, address);
    expect(await outcomeOf(link.call(callOf("Echo"), within))).toBe("answered");
    pause(proxy);
    const before = process.memoryUsage();
    const payload = new Uint8Array(1000);
    const codes = new Map<string, number>();
    for (let round = 0; round < 60; round += 1) {
      for (let i = 0; i < 250; i += 1) {
        void outcomeOf(link.call(callOf("Echo", payload), within)).then((code) =>
          codes.set(code, (codes.get(code) ?? 0) + 1),
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = process.memoryUsage();
    expect(codes.get("RESOURCE_EXHAUSTED")).toBeGreaterThan(1000);
    const grownBytes = after.external + after.arrayBuffers - before.external - before.arrayBuffers;
    expect(grownBytes).toBeLessThan(20 * 1024 * 1024);
  }, 30_000);
});

test("two processes that call each other at full load, from inside their calls, never block each other", async () => {
  const links: { [name: string]: LinkClient } = {};
  // Each call calls back, four deep, before it answers; every one of them is out of step.
  const serve =
    (other: string) =>
    async (call: ReceivedCall): Promise<PeerReply> => {
      const depth = call.chain.length;
      if (depth < 4) await links[other]?.call(callOf("Ping", undefined, { chain: [...call.chain, "t"] }), within);
      return echoAtRandom(call);
    };
  const a = await serveLinks(cleanups, serve("toB"));
  const b = await serveLinks(cleanups, serve("toA"));
  const toA = (links["toA"] = dial(cleanups, a.address));
  const toB = (links["toB"] = dial(cleanups, b.address));
  // More at a time than there is room for, both ways.
  const calls = Array.from({ length: 6000 }, (_, i) =>
    outcomeOf((i % 2 === 0 ? toA : toB).call(callOf("Ping"), within)),
  );
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["answered"]));
}, 30_000);

describe("a caller that does not keep to the protocol", () => {
  async function send(address: string, frames: readonly Buffer[]): Promise<string> {
    const client = new Client(address, credentials.createInsecure());
    cleanups.add(() => client.close());
    const { path, requestSerialize, responseDeserialize } = LINK_METHOD;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const ended = new Promise<string>((resolve) => stream.on("error", (error: ServiceError) => resolve(error.details)));
    stream.on("data", () => {});
    for (const frame of frames) stream.write(frame);
    return ended;
  }

  const hello = (): Buffer =>
    frameOf((buffer) => buffer.addControl({ hello: helloOf(identityOf("x:1"), { bulk: false, session: "s" }) }));
  const call = (seq: number, bytes = new Uint8Array(3)): Buffer =>
    frameOf((buffer) => buffer.addCall(callOf("Echo", bytes), { seq, remainingMs: 1, repeatable: false }));

  test.each([
    { what: "a call before its hello", frames: () => [call(1)], says: "hello" },
    { what: "bytes that are no frame", frames: () => [hello(), Buffer.from([0x0a, 0xff, 0xff, 0x01])], says: "longer" },
    { what: "a number twice", frames: () => [hello(), call(1), call(1)], says: "in use" },
    {
      what: "more than it may",
      frames: () => [hello(), ...Array.from({ length: 4097 }, (_, i) => call(i + 1))],
      says: "credits",
    },
    { what: "replies", frames: () => [hello(), Buffer.from([0x12, 0x02, 0x08, 0x01])], says: "replies" },
  ])("by sending $what is told so, and nobody else is hurt", async ({ frames, says }) => {
    const { address } = await serveLinks(cleanups, ({ id }) =>
      id === "a" ? new Promise(() => {}) : echoAtRandom(callOf("Echo")),
    );
    const link = dial(cleanups, address);
    expect(await send(address, frames())).toContain(says);
    expect(await outcomeOf(link.call(callOf("Echo", undefined, { id: "b" }), within))).toBe("answered");
  });
});

function frameOf(add: (buffer: FrameBuffer) => void): Buffer {
  const buffer = new FrameBuffer();
  add(buffer);
  const frame = buffer.take();
  if (frame === undefined) throw new Error("nothing was added");
  return frame;
}
