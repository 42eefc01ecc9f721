import { contract, type Logger, silentLogger } from "@goverse/core";
import { z } from "zod";
import { afterEach, describe, expect, test } from "vitest";
import type { Client, ConnectionState } from "../src/index.ts";
import { Room } from "./support/chat.ts";
import { Cleanups, connected, failureOf, roomEvent, wires } from "./support/harness.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Messages of a room, as they arrive. */
function hear(client: Client): string[] {
  const heard: string[] = [];
  client.on(Room, "message", ({ text }, { type, id }) => heard.push(`${type} ${id} ${text}`));
  return heard;
}

/** A logger that remembers what went wrong. */
function recorder(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  return { lines, logger: { ...silentLogger, warn: log, error: log } };
}

describe.each(wires)("over $name, events", (wire) => {
  test("arrive after connecting, checked and typed, with their source", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const heard = hear(client);
    expect(client.clientId).toBeUndefined();
    await client.connect();
    expect(client.clientId).toBe(`${gates[0]?.address}/1`);
    gates[0]?.push(roomEvent("message", '{"text":"hi"}'));
    gates[0]?.push(roomEvent("message", '{"text":"€\\nho"}'));
    await expect.poll(() => heard).toEqual(["Room a/b hi", "Room a/b €\nho"]);
    expect(client.droppedEvents).toBe(0);
  });

  test("carry what the schema makes of the data", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const dates: unknown[] = [];
    client.on(Room, "message", ({ at }) => dates.push(at));
    await client.connect();
    gates[0]?.push(roomEvent("message", '{"text":"hi","at":"2026-01-02T03:04:05Z"}'));
    await expect.poll(() => dates).toEqual([new Date("2026-01-02T03:04:05Z")]);
  });

  test("that do not fit the contract, or fit nothing at all, are logged, counted and dropped", async () => {
    const { lines, logger } = recorder();
    const { client, gates } = await connected(wire, cleanups, [nothing], { logger });
    const heard = hear(client);
    await client.connect();
    gates[0]?.push(roomEvent("message", '{"text":7}'));
    gates[0]?.push(roomEvent("message"));
    gates[0]?.pushGarbage();
    gates[0]?.push(roomEvent("message", '{"text":"after"}'));
    await expect.poll(() => heard).toEqual(["Room a/b after"]);
    expect(client.droppedEvents).toBe(3);
    expect(lines.sort()).toEqual([
      "an event does not fit its contract",
      "an event does not fit its contract",
      "something came that is no event",
    ]);
  });

  test("that nobody listens to are ignored", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const heard = hear(client);
    await client.connect();
    gates[0]?.push({ ...roomEvent("message", '{"text":"hi"}'), source: { type: "Other", id: "a" } });
    gates[0]?.push(roomEvent("unknown", "1"));
    gates[0]?.push(roomEvent("message", '{"text":"after"}'));
    await expect.poll(() => heard).toEqual(["Room a/b after"]);
    expect(client.droppedEvents).toBe(0);
  });

  test("stay in order when a schema answers later", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const heard: unknown[] = [];
    client.on(Room, "slow", ({ n }) => heard.push(n));
    client.on(Room, "message", ({ text }) => heard.push(text));
    await client.connect();
    gates[0]?.push(roomEvent("slow", '{"n":0}'));
    gates[0]?.push(roomEvent("slow", '{"n":1}'));
    gates[0]?.push(roomEvent("message", '{"text":"last"}'));
    await expect.poll(() => heard).toEqual([0, 1, "last"]);
  });

  test("reach every listener, also after one that throws, and none that ended", async () => {
    const { lines, logger } = recorder();
    const { client, gates } = await connected(wire, cleanups, [nothing], { logger });
    const heard: string[] = [];
    const listener = (name: string) => (): void => void heard.push(name);
    client.on(Room, "closed", listener("a"));
    client.on(Room, "closed", () => {
      throw new Error("mine");
    });
    const end = client.on(Room, "closed", listener("ended"));
    end();
    end();
    client.on(contract("Room", { methods: {}, events: { closed: z.unknown() } }), "closed", listener("b"));
    await client.connect();
    gates[0]?.push(roomEvent("closed", "null"));
    await expect.poll(() => heard).toEqual(["a", "b"]);
    expect(lines).toEqual(["a listener failed"]);
  });

  test("that the contract does not have, and listeners past the bound, are refused", async () => {
    const { client } = await connected(wire, cleanups, [nothing]);
    // @ts-expect-error the contract has no such event
    expect(() => client.on(Room, "mesage", () => {})).toThrow(/no such event/);
    for (let count = 0; count < 1000; count += 1) client.on(Room, "closed", () => {});
    expect(() => client.on(Room, "closed", () => {})).toThrow(expect.objectContaining({ code: "RESOURCE_EXHAUSTED" }));
  });
});

describe.each(wires)("over $name, the connection", (wire) => {
  test("gives calls the client's id", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    await client.object(Room, "a").Clear();
    await client.connect();
    await client.object(Room, "a").Clear();
    expect(gates[0]?.seen.map(({ clientId }) => clientId)).toEqual([undefined, client.clientId]);
  });

  test("is opened again after a loss, with a new id that is announced", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing, nothing]);
    const heard = hear(client);
    const states: ConnectionState[] = [];
    client.onConnection((state) => states.push(state));
    await client.connect();
    gates[0]?.cut();
    const [first, second] = gates.map(({ address }) => address);
    await expect
      .poll(() => states)
      .toEqual([
        { connected: true, clientId: `${first}/1`, gate: first },
        { connected: false },
        { connected: true, clientId: `${second}/1`, gate: second },
      ]);
    expect(client.clientId).toBe(`${second}/1`);
    gates[1]?.push(roomEvent("message", '{"text":"hi"}'));
    await expect.poll(() => heard).toEqual(["Room a/b hi"]);
    await client.object(Room, "a").Clear();
    expect(gates[1]?.seen[0]?.clientId).toBe(`${second}/1`);
  });

  test("is opened again when the gate ends it in an orderly way", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    await client.connect();
    gates[0]?.endStreams();
    await expect.poll(() => client.clientId).toBe(`${gates[0]?.address}/2`);
  });

  test("starts at another gate when the first is away", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing, nothing]);
    await gates[0]?.close();
    await client.connect();
    expect(client.clientId).toBe(`${gates[1]?.address}/1`);
  });

  test("that cannot be made in time says why, and is made later all the same", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const gate = gates[0];
    const port = Number(gate?.address.split(":").at(-1));
    await gate?.close();
    const error = await failureOf(client.connect({ timeoutMs: 100 }));
    expect(error.code).toBe("UNAVAILABLE");
    expect(error.message).toContain(gate?.address);
    const again = await wire.startGate(nothing, port);
    cleanups.add(() => again.close());
    await expect.poll(() => client.clientId, { timeout: 3000 }).toBe(`${again.address}/1`);
  });

  test("that the gate refuses for good is not tried again by itself", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const gate = gates[0];
    if (gate === undefined) throw new Error("no gate");
    const { GoverseError } = await import("@goverse/core");
    gate.refuse = new GoverseError("UNAUTHENTICATED", "who are you?");
    expect(await failureOf(client.connect())).toMatchObject({ code: "UNAUTHENTICATED", message: "who are you?" });
    gate.refuse = undefined;
    await client.connect();
    expect(client.clientId).toBeDefined();
  });

  test("ends with the client, and the gate sees it", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    const states: ConnectionState[] = [];
    const end = client.onConnection((state) => states.push(state));
    await client.connect();
    await client.connect();
    expect(gates[0]?.streamCount).toBe(1);
    await client.close();
    await client.close();
    expect(states.map(({ connected }) => connected)).toEqual([true, false]);
    end();
    expect(client.clientId).toBeUndefined();
    await expect.poll(() => gates[0]?.streamCount).toBe(0);
  });

  test("may be given up while it is made, by signal and by closing", async () => {
    const { client, gates } = await connected(wire, cleanups, [nothing]);
    await gates[0]?.close();
    const abort = new AbortController();
    const first = failureOf(client.connect({ signal: abort.signal }));
    const second = failureOf(client.connect());
    abort.abort();
    expect((await first).code).toBe("CANCELLED");
    await client.close();
    expect((await second).code).toBe("CANCELLED");
  });
});
