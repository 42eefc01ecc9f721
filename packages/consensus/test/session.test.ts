import { silentLogger } from "@goverse/core";
import { describe, expect, test } from "vitest";
import { EtcdFailure, type EtcdClient, type KeepAliveHandlers } from "../src/etcd/client.ts";
import { LeaseSession } from "../src/session.ts";
import { ManualClock } from "./support/manual-clock.ts";

/** A keepalive stream as the session sees it. */
interface OpenStream {
  readonly handlers: KeepAliveHandlers;
  readonly sent: string[];
  closed: boolean;
}

function setUp(ttlSeconds = 5) {
  const clock = new ManualClock();
  const streams: OpenStream[] = [];
  const grants: string[] = [];
  const revoked: string[] = [];
  const lost: string[] = [];
  let nextId = 100;
  const etcd = {
    grant: (_id: string): Promise<number> => Promise.resolve(ttlSeconds),
    revoke: (_id: string): Promise<void> => Promise.resolve(),
  };
  const client = {
    grantLease: (id: string) => {
      grants.push(id);
      return etcd.grant(id);
    },
    revokeLease: (id: string) => {
      revoked.push(id);
      return etcd.revoke(id);
    },
    openKeepAlive: (handlers: KeepAliveHandlers) => {
      const stream: OpenStream = { handlers, sent: [], closed: false };
      streams.push(stream);
      return {
        send: (id: string) => {
          stream.sent.push(id);
        },
        close: () => {
          stream.closed = true;
        },
      };
    },
  } as unknown as EtcdClient;
  const session = new LeaseSession({
    client,
    ttlSeconds,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    requestTimeoutMs: 1000,
    newLeaseId: () => String((nextId += 1)),
    onLost: (why) => lost.push(why),
  });
  return { clock, session, streams, grants, revoked, lost, etcd };
}

const unavailable = (): Promise<never> => Promise.reject(new EtcdFailure("unavailable", "no answer"));
const exists = (): Promise<never> => Promise.reject(new EtcdFailure("lease-exists", "lease already exists"));

describe("a lease", () => {
  test("is kept alive three times per life, and every answer moves the deadline to 90 % of a life after its request", async () => {
    const { clock, session, streams } = setUp(6);
    const begunAtMs = clock.monotonicMs();
    await session.open();
    expect(session.deadlineMs).toBe(begunAtMs + 5400);
    await clock.advance(2000);
    const sentAtMs = clock.monotonicMs();
    expect(streams[0]?.sent).toEqual(["101"]);
    await clock.advance(700);
    streams[0]?.handlers.onAnswer(6);
    // Counted from the request, not from the answer: the server may have counted from any moment in between.
    expect(session.deadlineMs).toBe(sentAtMs + 5400);
    await clock.advance(1300);
    expect(streams[0]?.sent).toHaveLength(2);
  });

  test("is lost at the deadline when no answer comes, having asked again on new streams", async () => {
    const { clock, session, streams, lost } = setUp(6);
    await session.open();
    await clock.advance(5399);
    expect([session.alive, lost]).toEqual([true, []]);
    expect(streams.length).toBeGreaterThanOrEqual(2);
    expect(streams.slice(0, -1).every(({ closed }) => closed)).toBe(true);
    await clock.advance(1);
    expect([session.alive, lost]).toEqual([false, ["no keepalive was answered in time"]]);
    expect(streams.every(({ closed }) => closed)).toBe(true);
  });

  test("is not alive past the deadline even before any timer could run", async () => {
    const { clock, session, lost } = setUp(6);
    await session.open();
    clock.jump(5400);
    expect(session.alive).toBe(false);
    expect(lost).toEqual([]);
  });

  test("answered only after the deadline is lost: what it proved has been given up", async () => {
    const { clock, session, streams, lost } = setUp(6);
    await session.open();
    await clock.advance(2000);
    clock.jump(4000);
    streams[0]?.handlers.onAnswer(6);
    expect(lost).toEqual(["the keepalive was answered after the deadline"]);
    expect(session.alive).toBe(false);
  });

  test("that etcd has ended is lost at once", async () => {
    const { clock, session, streams, lost } = setUp(6);
    await session.open();
    await clock.advance(2000);
    streams[0]?.handlers.onAnswer(0);
    expect(lost).toEqual(["etcd has ended the lease"]);
    expect(session.alive).toBe(false);
  });

  test("survives a broken stream", async () => {
    const { clock, session, streams, lost } = setUp(6);
    await session.open();
    await clock.advance(2000);
    streams[0]?.handlers.onEnd("reset");
    await clock.advance(100);
    streams[1]?.handlers.onAnswer(6);
    await clock.advance(3500);
    expect([session.alive, lost]).toEqual([true, []]);
  });

  test("does not take the late answer to an earlier request for the answer to the present one", async () => {
    const { clock, session, streams } = setUp(6);
    await session.open();
    await clock.advance(2000);
    // Given up after a third of a life; the answer comes on the old stream after the next request has left.
    await clock.advance(2100);
    expect(streams).toHaveLength(2);
    const before = session.deadlineMs;
    expect(streams[0]?.closed).toBe(true);
    streams[1]?.handlers.onAnswer(6);
    expect(session.deadlineMs).toBeGreaterThan(before);
    const after = session.deadlineMs;
    streams[1]?.handlers.onAnswer(6);
    expect(session.deadlineMs).toBe(after);
  });

  test("granted for a shorter time than asked lasts that shorter time", async () => {
    const { clock, session, etcd } = setUp(6);
    etcd.grant = () => Promise.resolve(3);
    const begunAtMs = clock.monotonicMs();
    await session.open();
    expect(session.deadlineMs).toBe(begunAtMs + 2700);
  });

  test("granted for a longer time than asked is not trusted to last longer", async () => {
    const { clock, session, etcd } = setUp(1);
    etcd.grant = () => Promise.resolve(2);
    const begunAtMs = clock.monotonicMs();
    await session.open();
    expect(session.deadlineMs).toBe(begunAtMs + 900);
  });
});

describe("there is never a second lease:", () => {
  test("a grant without an answer is asked for again under the same id", async () => {
    const { clock, session, grants, etcd } = setUp(6);
    let attempts = 0;
    etcd.grant = () => ((attempts += 1) < 3 ? unavailable() : Promise.resolve(6));
    const opened = session.open();
    await clock.advance(1000);
    await opened;
    expect(grants).toEqual(["101", "101", "101"]);
    expect(session.alive).toBe(true);
  });

  test("one that did arrive counts from its first request, and is kept alive", async () => {
    const { clock, session, grants, streams, etcd } = setUp(6);
    let attempts = 0;
    etcd.grant = () => ((attempts += 1) === 1 ? unavailable() : exists());
    const begunAtMs = clock.monotonicMs();
    const opened = session.open();
    await clock.advance(500);
    await opened;
    expect(grants).toEqual(["101", "101"]);
    expect(session.deadlineMs).toBe(begunAtMs + 5400);
    await clock.advance(1500);
    expect(streams[0]?.sent).toEqual(["101"]);
  });

  test("one that is too old by then is ended before another is asked for", async () => {
    const { clock, session, grants, revoked, etcd } = setUp(6);
    const answers: (() => Promise<number>)[] = [
      async () => {
        clock.jump(4000);
        return unavailable();
      },
      exists,
    ];
    etcd.grant = () => (answers.shift() ?? (() => Promise.resolve(6)))();
    const opened = session.open();
    await clock.advance(1000);
    await opened;
    expect(grants).toEqual(["101", "101", "102"]);
    expect(revoked).toEqual(["101"]);
    expect(session.leaseId).toBe("102");
  });

  test("none is asked for once it has been ended", async () => {
    const { clock, session, grants, lost, etcd } = setUp(6);
    etcd.grant = unavailable;
    const opened = session.open();
    await clock.advance(100);
    const asked = grants.length;
    session.end();
    await clock.advance(10_000);
    await opened;
    expect(grants.length).toBeLessThanOrEqual(asked + 1);
    expect([session.alive, lost]).toEqual([false, []]);
  });
});
