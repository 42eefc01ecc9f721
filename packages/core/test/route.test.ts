import { describe, expect, test } from "vitest";
import {
  type Address,
  type Clock,
  GoverseError,
  parseAddress,
  type RoutedCall,
  retryPauseMs,
  routeCall,
  type RouteTarget,
} from "../src/index.ts";

const A = parseAddress("a:1");
const B = parseAddress("b:1");

/** Time that passes only while somebody sleeps. */
function sleepingClock(): Clock {
  let now = 0;
  return {
    monotonicMs: () => now,
    wallMs: () => now,
    setTimer: (delayMs, callback) => {
      now += delayMs;
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
}

function routed(
  locate: () => RouteTarget,
  send: (owner: Address, remainingMs: number) => Promise<string>,
  more: Partial<RoutedCall<string>> = {},
): Promise<string> {
  return routeCall({
    locate,
    send,
    deadlineMs: 1000,
    repeatable: false,
    clock: sleepingClock(),
    random: () => 0.5,
    ...more,
  });
}

const refuse = (code: "NOT_OWNER" | "UNAVAILABLE" | "UNKNOWN_OUTCOME" | "INTERNAL") => (): Promise<string> =>
  Promise.reject(new GoverseError(code, code));

describe("a routed call", () => {
  test("follows the object to its new owner", async () => {
    const owners = [A, A, B];
    const sent: Address[] = [];
    const reply = await routed(
      () => ({ owner: owners[Math.min(sent.length, 2)] as Address }),
      (owner) => {
        sent.push(owner);
        return owner === B ? Promise.resolve("hi") : refuse("NOT_OWNER")();
      },
    );
    expect(reply).toBe("hi");
    expect(sent).toEqual([A, A, B]);
  });

  test("waits for an owner to appear and says why there was none when time is up", async () => {
    let looks = 0;
    const nobody = (): RouteTarget => ({ owner: undefined, reason: `shard 7 is unclaimed (${(looks += 1)})` });
    const error = await routed(nobody, refuse("INTERNAL")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UNAVAILABLE", message: `shard 7 is unclaimed (${looks})` });
    expect(looks).toBeGreaterThan(10);
  });

  test("is not sent again once it may have run", async () => {
    let sent = 0;
    const send = (): Promise<string> => ((sent += 1), refuse("UNKNOWN_OUTCOME")());
    await expect(routed(() => ({ owner: A }), send)).rejects.toMatchObject({ code: "UNKNOWN_OUTCOME" });
    expect(sent).toBe(1);
  });

  test("is sent again after an unknown outcome when repeating it is harmless", async () => {
    let sent = 0;
    const send = (): Promise<string> => ((sent += 1) < 3 ? refuse("UNKNOWN_OUTCOME")() : Promise.resolve("read"));
    expect(await routed(() => ({ owner: A }), send, { repeatable: true })).toBe("read");
  });

  test("tells every attempt how much time is left", async () => {
    const left: number[] = [];
    const send = (_owner: Address, remainingMs: number): Promise<string> => (
      left.push(remainingMs),
      refuse("UNAVAILABLE")()
    );
    await expect(routed(() => ({ owner: A }), send, { deadlineMs: 300 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(left[0]).toBe(300);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect(left.at(-1)).toBeGreaterThan(0);
  });

  test("stops when the caller gives up", async () => {
    const abort = new AbortController();
    const send = (): Promise<string> => (abort.abort(), refuse("NOT_OWNER")());
    await expect(routed(() => ({ owner: A }), send, { signal: abort.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  test("is refused at once for every other reason", async () => {
    await expect(routed(() => ({ owner: A }), refuse("INTERNAL"))).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

test("pauses grow from 5 to at most 100 ms and are jittered", () => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    expect(retryPauseMs(attempt, 0)).toBe(5);
    expect(retryPauseMs(attempt, 0.999)).toBeLessThanOrEqual(100);
  }
  expect(retryPauseMs(0, 0.999)).toBeLessThan(10);
  expect(retryPauseMs(10, 0.999)).toBeGreaterThan(99);
});
