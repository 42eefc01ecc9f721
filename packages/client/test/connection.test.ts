import { GoverseError, silentLogger } from "@goverse/core";
import { describe, expect, test } from "vitest";
import {
  Connection,
  FIRST_PAUSE_MS,
  GOOD_CONNECTION_MS,
  LONGEST_PAUSE_MS,
  reconnectPauseMs,
  REGISTRATION_LIMIT_MS,
  SILENCE_LIMIT_MS,
} from "../src/connection.ts";
import type { EventStreamHandlers, Transport } from "../src/transport.ts";
import { ManualClock } from "./support/manual-clock.ts";

interface Opened {
  readonly gate: number;
  readonly handlers: EventStreamHandlers;
  closed: boolean;
}

/** A connection over streams that the test holds in its hands, on a clock that it moves. */
function setUp({ heartbeats = true, random = (): number => 1 } = {}): {
  readonly connection: Connection;
  readonly clock: ManualClock;
  readonly opened: Opened[];
  readonly log: string[];
  last(): Opened;
} {
  const clock = new ManualClock();
  const opened: Opened[] = [];
  const log: string[] = [];
  const never = (): never => {
    throw new Error("not in this test");
  };
  const transport: Transport = {
    gates: ["g0", "g1", "g2"],
    heartbeats,
    call: never,
    create: never,
    destroy: never,
    adapt: never,
    close: never,
    openEvents: (gate, handlers) => {
      const stream: Opened = { gate, handlers, closed: false };
      opened.push(stream);
      return { close: () => void (stream.closed = true) };
    },
  };
  const connection = new Connection({
    transport,
    clock,
    random,
    logger: silentLogger,
    firstGate: () => 1,
    handlers: { onEvent: ({ event }) => log.push(`event ${event}`), onUnreadable: () => log.push("unreadable") },
    onState: (state) => log.push(state.connected ? `on ${state.clientId} ${state.gate}` : "off"),
    onFailure: (error, final) => log.push(`${error.code}${final ? " final" : ""}`),
  });
  const last = (): Opened => {
    const stream = opened.at(-1);
    if (stream === undefined) throw new Error("no stream was opened");
    return stream;
  };
  return { connection, clock, opened, log, last };
}

describe("silence", () => {
  test("of 40 s ends the stream, and another gate is tried", () => {
    const { connection, clock, opened, log, last } = setUp();
    connection.start();
    last().handlers.onRegistered("c1");
    clock.advance(SILENCE_LIMIT_MS - 1);
    expect(log).toEqual(["on c1 g1"]);
    clock.advance(1);
    expect(log).toEqual(["on c1 g1", "off", "UNAVAILABLE"]);
    expect(opened[0]?.closed).toBe(true);
    clock.advance(FIRST_PAUSE_MS);
    expect(opened.map(({ gate }) => gate)).toEqual([1, 2]);
  });

  test("counts from the last sign of life", () => {
    const { connection, clock, log, last } = setUp();
    connection.start();
    last().handlers.onRegistered("c1");
    for (let beat = 0; beat < 100; beat += 1) {
      clock.advance(15_000);
      last().handlers.onAlive();
    }
    expect(log).toEqual(["on c1 g1"]);
    expect(clock.pendingCount).toBe(1);
    clock.advance(SILENCE_LIMIT_MS);
    expect(log).toContain("UNAVAILABLE");
  });

  test("does not matter where the connection itself is watched", () => {
    const { connection, clock, log, last } = setUp({ heartbeats: false });
    connection.start();
    last().handlers.onRegistered("c1");
    clock.advance(1_000_000);
    expect(log).toEqual(["on c1 g1"]);
  });

  test.each([true, false])("instead of an id ends the attempt (heartbeats: %s)", (heartbeats) => {
    const { connection, clock, opened, log, last } = setUp({ heartbeats });
    connection.start();
    clock.advance(REGISTRATION_LIMIT_MS - 1);
    last().handlers.onAlive();
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(["UNAVAILABLE"]);
    expect(opened[0]?.closed).toBe(true);
  });
});

describe("the pause before the next attempt", () => {
  test("has a ceiling that doubles up to 10 s, and full jitter", () => {
    expect([1, 2, 3, 4, 5, 6, 100].map((failures) => reconnectPauseMs(failures, 1))).toEqual([
      500,
      1000,
      2000,
      4000,
      8000,
      LONGEST_PAUSE_MS,
      LONGEST_PAUSE_MS,
    ]);
    expect(reconnectPauseMs(3, 0.25)).toBe(500);
    expect(reconnectPauseMs(0, 0)).toBe(0);
  });

  test("grows with failures in a row, each at the next gate", () => {
    const { connection, clock, opened, last } = setUp();
    connection.start();
    for (const pauseMs of [500, 1000, 2000]) {
      last().handlers.onEnd(new GoverseError("UNAVAILABLE", "refused"));
      clock.advance(pauseMs - 1);
      const count = opened.length;
      clock.advance(1);
      expect(opened.length).toBe(count + 1);
    }
    expect(opened.map(({ gate }) => gate)).toEqual([1, 2, 0, 1]);
  });

  test("begins again after a connection that lived, not after one that flapped", () => {
    const { connection, clock, opened, last } = setUp();
    const loseAfter = (livedMs: number): void => {
      last().handlers.onRegistered("c");
      clock.advance(livedMs);
      last().handlers.onEnd(undefined);
    };
    connection.start();
    loseAfter(0);
    clock.advance(500);
    loseAfter(GOOD_CONNECTION_MS - 1);
    clock.advance(999);
    expect(opened.length).toBe(2);
    clock.advance(1);
    expect(opened.length).toBe(3);
    loseAfter(GOOD_CONNECTION_MS);
    clock.advance(500);
    expect(opened.length).toBe(4);
  });
});

describe("a stream that was replaced or closed", () => {
  test("is not listened to any more", () => {
    const { connection, clock, log, opened, last } = setUp();
    connection.start();
    const old = last().handlers;
    old.onEnd(new GoverseError("UNAVAILABLE", "lost"));
    old.onRegistered("late");
    old.onEvent({ source: { type: "T", id: "a" }, event: "late", payload: undefined });
    old.onUnreadable(undefined);
    old.onEnd(undefined);
    expect(log).toEqual(["UNAVAILABLE"]);
    clock.advance(500);
    expect(opened.length).toBe(2);
  });

  test("leaves no timer behind", () => {
    const { connection, clock, log, last } = setUp();
    connection.start();
    connection.start();
    last().handlers.onRegistered("c1");
    connection.stop();
    connection.stop();
    expect(clock.pendingCount).toBe(0);
    expect(log).toEqual(["on c1 g1", "off"]);
    connection.start();
    last().handlers.onEnd(undefined);
    connection.stop();
    expect(clock.pendingCount).toBe(0);
  });

  test("may be closed by whoever hears of the loss", () => {
    const { connection, clock, opened, log, last } = setUp();
    connection.start();
    last().handlers.onRegistered("c1");
    const push = log.push.bind(log);
    log.push = (...lines: string[]) => {
      if (lines[0] === "off") connection.stop();
      return push(...lines);
    };
    last().handlers.onEnd(undefined);
    clock.advance(1_000_000);
    expect(opened.length).toBe(1);
    expect(clock.pendingCount).toBe(0);
  });
});

test("a lost stream is never of unknown outcome: nothing runs on it", () => {
  const { connection, log, last } = setUp();
  connection.start();
  last().handlers.onEnd(new GoverseError("UNKNOWN_OUTCOME", "reset"));
  expect(log).toEqual(["UNAVAILABLE"]);
});

test("a refusal for good ends the trying until somebody asks again", () => {
  const { connection, clock, opened, log, last } = setUp();
  connection.start();
  last().handlers.onEnd(new GoverseError("PERMISSION_DENIED", "no"));
  expect(log).toEqual(["PERMISSION_DENIED final"]);
  clock.advance(1_000_000);
  expect(opened.length).toBe(1);
  connection.start();
  expect(opened.length).toBe(2);
});
