import { GoverseError, parseAddress } from "@goverse/core";
import { afterEach, describe, expect, test } from "vitest";
import {
  createGrpcServer,
  bind,
  type LinkCallContext,
  type LinkClient,
  type PeerReply,
  type ReceivedCall,
} from "../src/grpc.ts";
import { callOf, dial, echoAtRandom, identityOf, serveLinks } from "./support/linked.ts";
import { Cleanups, deferred, failureOf } from "./support/outcome.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());
const within = { timeoutMs: 10_000 };
const nothing: PeerReply = { payload: undefined, epoch: 0 };
const LONG = 256 * 1024;

describe("a call over a link", () => {
  test("carries everything that the node has to know, and brings payload and epoch back", async () => {
    let seen: ReceivedCall | undefined;
    let remainingMs: number | undefined;
    const { address } = await serveLinks(cleanups, async (call, context) => {
      seen = call;
      remainingMs = context.remainingMs;
      return { payload: call.payload, epoch: 2 ** 40 };
    });
    const call = callOf("Say", new Uint8Array([1, 2, 3]), {
      id: "日本語",
      clientId: "gate:1/x",
      chain: ["t1", "t2"],
      caller: { shard: 0, epoch: 2 ** 40 },
    });
    const reply = await dial(cleanups, address).call(call, within);
    expect(seen).toMatchObject({ ...call, payload: { typeUrl: "test/bytes", bytes: Buffer.from([1, 2, 3]) } });
    expect(remainingMs).toBeGreaterThan(9000);
    expect(remainingMs).toBeLessThanOrEqual(10_000);
    expect({ ...reply, payload: [...(reply.payload?.bytes ?? [])] }).toEqual({ payload: [1, 2, 3], epoch: 2 ** 40 });
  });

  test("fails with the node's own error, and with INTERNAL for everything else", async () => {
    const refusal = new GoverseError("NOT_OWNER", "moved", { owner: "localhost:47001" });
    const thrown = new Error("password=hunter2");
    const { address, internalErrors } = await serveLinks(cleanups, ({ method }) =>
      Promise.reject(method === "Refuse" ? refusal : thrown),
    );
    const link = dial(cleanups, address);
    const refused = await failureOf(link.call(callOf("Refuse"), within));
    expect([refused.code, refused.message, refused.details]).toEqual(["NOT_OWNER", "moved", refusal.details]);
    const failed = await failureOf(link.call(callOf("Throw"), within));
    expect([failed.code, failed.message.includes("hunter2"), internalErrors]).toEqual(["INTERNAL", false, [thrown]]);
  });

  test("gets its own reply among thousands that are out of step", async () => {
    const { address, acceptor } = await serveLinks(cleanups, echoAtRandom);
    const link = dial(cleanups, address);
    const replies = await Promise.all(
      Array.from({ length: 8000 }, (_, i) => link.call(callOf("Echo", Buffer.from(String(i))), within)),
    );
    expect(replies.map(({ payload }) => Number(Buffer.from(payload?.bytes ?? []).toString()))).toEqual(
      Array.from({ length: 8000 }, (_, i) => i),
    );
    expect(acceptor.size).toBe(1);
  });

  test("past what may wait for its link is refused at once", async () => {
    const { address } = await serveLinks(cleanups, () => new Promise(() => {}));
    const link = dial(cleanups, address);
    const calls = Array.from({ length: 12_400 }, () =>
      link.call(callOf("Hang"), { timeoutMs: 300 }).catch(GoverseError.from),
    );
    const codes = (await Promise.all(calls)).map((outcome) =>
      outcome instanceof GoverseError ? outcome.code : "answered",
    );
    expect(new Set(codes)).toEqual(new Set(["DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]));
    expect(codes.filter((code) => code === "RESOURCE_EXHAUSTED").length).toBeGreaterThan(50);
  });

  test("that is given up or late ends here, and the node hears of the former", async () => {
    const contexts: LinkCallContext[] = [];
    const { address } = await serveLinks(cleanups, (_call, context) => {
      contexts.push(context);
      return new Promise(() => {});
    });
    const link = dial(cleanups, address);
    const abort = new AbortController();
    const given = failureOf(link.call(callOf("Hang"), { ...within, signal: abort.signal }));
    await expect.poll(() => contexts.length).toBe(1);
    abort.abort();
    expect((await given).code).toBe("CANCELLED");
    await expect.poll(() => contexts[0]?.signal.aborted).toBe(true);
    expect((await failureOf(link.call(callOf("Hang"), { timeoutMs: 50 }))).code).toBe("DEADLINE_EXCEEDED");
    expect((await failureOf(link.call(callOf("Hang"), { ...within, signal: abort.signal }))).code).toBe("CANCELLED");
  });
});

describe("long messages", () => {
  test("take a link of their own, whichever way they go", async () => {
    const { address, acceptor } = await serveLinks(cleanups, async ({ method, payload }) =>
      method === "Grow"
        ? { payload: { typeUrl: "test/bytes", bytes: new Uint8Array(LONG).fill(5) }, epoch: 1 }
        : { payload, epoch: 1 },
    );
    const link = dial(cleanups, address);
    const grown = await Promise.all(Array.from({ length: 20 }, () => link.call(callOf("Grow"), within)));
    expect(grown.map(({ payload }) => [payload?.bytes.length, payload?.bytes.at(-1)])).toEqual(
      grown.map(() => [LONG, 5]),
    );
    expect(acceptor.size).toBe(2);
    const sent = await link.call(callOf("Echo", new Uint8Array(4 * 1024 * 1024).fill(9)), within);
    expect([sent.payload?.bytes.length, sent.payload?.bytes.at(-1)]).toEqual([4 * 1024 * 1024, 9]);
    expect(acceptor.size).toBe(2);
  });

  test("wait for each other when there are many", async () => {
    const { address } = await serveLinks(cleanups, async ({ payload }) => ({ payload, epoch: 1 }));
    const link = dial(cleanups, address);
    const longest = new Uint8Array(4 * 1024 * 1024);
    const calls = Array.from({ length: 7 }, () => link.call(callOf("Echo", longest), within));
    expect((await Promise.all(calls)).map(({ payload }) => payload?.bytes.length)).toEqual(
      calls.map(() => longest.length),
    );
    const nested = callOf("Echo", longest, { chain: ["t"] });
    expect((await Promise.all([1, 2, 3].map(() => link.call(nested, within)))).length).toBe(3);
  });

  test("that no frame can hold go by unary, and such replies are refused", async () => {
    const { address } = await serveLinks(cleanups, async () => ({
      payload: { typeUrl: "test/bytes", bytes: new Uint8Array(5 * 1024 * 1024) },
      epoch: 1,
    }));
    const link = dial(cleanups, address, { unary: async () => ({ ...nothing, epoch: 5 }) });
    expect(await link.call(callOf("Echo", new Uint8Array(5 * 1024 * 1024)), within)).toEqual({ ...nothing, epoch: 5 });
    expect((await failureOf(link.call(callOf("Grow"), within))).code).toBe("PAYLOAD_TOO_LARGE");
  });
});

describe("hello", () => {
  test.each([
    { what: "another system", other: { cluster: "/other" }, says: /--etcd-prefix/ },
    { what: "another number of shards", other: { shardCount: 64 }, says: /--shards/ },
  ])("from $what is refused with the remedy", async ({ other, says }) => {
    const { address } = await serveLinks(cleanups, echoAtRandom);
    const link = dial(cleanups, address, { identity: identityOf("caller:1", other) });
    const error = await failureOf(link.call(callOf("Echo"), within));
    expect([error.code, error.message]).toEqual(["UNAVAILABLE", expect.stringMatching(says)]);
  });

  test("of a node that starts is UNAVAILABLE, and the link comes when it has started", async () => {
    let started = false;
    const { address } = await serveLinks(cleanups, echoAtRandom, {
      identity: () => {
        if (!started) throw new GoverseError("UNAVAILABLE", "this node is starting");
        return identityOf("callee:1");
      },
    });
    const link = dial(cleanups, address);
    expect((await failureOf(link.call(callOf("Echo"), within))).message).toContain("starting");
    started = true;
    await eventually(link);
  });

  test("is not answered by peers without links: their calls go by unary, also those that waited", async () => {
    const server = createGrpcServer();
    const port = await bind(server, "127.0.0.1:0");
    cleanups.add(() => server.forceShutdown());
    const link = dial(cleanups, parseAddress(`127.0.0.1:${port}`), {
      unary: async ({ callId }) => ({ ...nothing, epoch: callId.length }),
    });
    const replies = await Promise.all(
      [1, 2, 3].map(() => link.call(callOf("Echo", undefined, { callId: "12345" }), within)),
    );
    expect(replies.map(({ epoch }) => epoch)).toEqual([5, 5, 5]);
    expect((await link.call(callOf("Echo", undefined, { callId: "1" }), within)).epoch).toBe(1);
  });
});

describe("a node that stops", () => {
  test("answers what runs, refuses what comes later as not started, and ends the links", async () => {
    const release = deferred();
    const begun = deferred();
    const { address, acceptor } = await serveLinks(cleanups, async ({ method, payload }) => {
      if (method === "Wait") {
        begun.resolve();
        await release.promise;
      }
      return { payload, epoch: 3 };
    });
    const link = dial(cleanups, address);
    const running = link.call(callOf("Wait"), within);
    await begun.promise;
    const stopped = acceptor.stop(5000);
    await expect
      .poll(async () => (await link.call(callOf("Echo"), within).catch(GoverseError.from)) instanceof GoverseError)
      .toBe(true);
    expect((await failureOf(link.call(callOf("Echo"), within))).code).toBe("UNAVAILABLE");
    release.resolve();
    expect((await running).epoch).toBe(3);
    expect(await stopped).toBe(true);
    await expect.poll(() => acceptor.size).toBe(0);
  });

  test("does not wait for ever, and the caller of what is cut learns that it may have run", async () => {
    const begun = deferred();
    const { address, acceptor } = await serveLinks(cleanups, () => {
      begun.resolve();
      return new Promise(() => {});
    });
    const link = dial(cleanups, address);
    const call = callOf("Hang");
    const cut = failureOf(link.call(call, within));
    await begun.promise;
    expect(await acceptor.stop(50)).toBe(false);
    const error = await cut;
    expect([error.code, error.details.callId]).toEqual(["UNKNOWN_OUTCOME", call.callId]);
  });
});

test("a barrier is passed when the callers have all replies that came before it", async () => {
  const { address, acceptor } = await serveLinks(cleanups, echoAtRandom);
  const link = dial(cleanups, address);
  let answered = 0;
  const calls = Array.from({ length: 500 }, async () => {
    await link.call(callOf("Echo"), within);
    answered += 1;
  });
  await expect.poll(() => answered).toBeGreaterThan(0);
  await Promise.all(calls);
  await acceptor.barrier();
  expect(answered).toBe(500);
});

test("a closed link refuses calls, and ends when its last one has been answered", async () => {
  const release = deferred();
  const begun = deferred();
  const { address, acceptor } = await serveLinks(cleanups, async () => {
    begun.resolve();
    await release.promise;
    return { ...nothing, epoch: 4 };
  });
  const link = dial(cleanups, address);
  const last = link.call(callOf("Wait"), within);
  await begun.promise;
  link.close();
  expect((await failureOf(link.call(callOf("Wait"), within))).code).toBe("UNAVAILABLE");
  expect(acceptor.size).toBe(1);
  release.resolve();
  expect((await last).epoch).toBe(4);
  await expect.poll(() => acceptor.size).toBe(0);
});

/** Calls until there is an answer: links come back by themselves. */
async function eventually(link: LinkClient): Promise<void> {
  await expect
    .poll(
      async () => {
        const outcome = await link.call(callOf("Echo"), within).catch(GoverseError.from);
        return outcome instanceof GoverseError ? outcome.code : "answered";
      },
      { timeout: 5000 },
    )
    .toBe("answered");
}
