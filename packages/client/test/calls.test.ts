import { GoverseError, jsonPayload, jsonTextOf } from "@goverse/core";
import { afterEach, describe, expect, test } from "vitest";
import { Room } from "./support/chat.ts";
import type { Answer } from "./support/fake-gate.ts";
import { Cleanups, connected, failureOf, hang, wires } from "./support/harness.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

const refuse =
  (...args: ConstructorParameters<typeof GoverseError>): Answer =>
  () =>
    Promise.reject(new GoverseError(...args));
const said: Answer = () => Promise.resolve(jsonPayload('{"seq":7}'));

describe.each(wires)("over $name, a call", (wire) => {
  test("brings the input there and the result back, typed", async () => {
    const { client, gates } = await connected(wire, cleanups, [said]);
    const reply = await client.object(Room, "shard#7/日本 語").Say({ text: "hi" });
    expect(reply).toEqual({ seq: 7 });
    const [seen] = gates[0]?.seen ?? [];
    expect(seen).toMatchObject({ kind: "call", type: "Room", id: "shard#7/日本 語", method: "Say" });
    expect(jsonTextOf(seen?.payload)).toBe('{"text":"hi"}');
    expect(seen?.clientId).toBeUndefined();
    expect(seen?.repeatable).toBeUndefined();
    expect(seen?.callId).toMatch(/^[a-z0-9-]{8,40}$/);
    expect(seen?.timeoutMs).toBeGreaterThan(9000);
    expect(seen?.timeoutMs).toBeLessThanOrEqual(10_000);
  });

  test("without input or result sends and brings nothing", async () => {
    const { client, gates } = await connected(wire, cleanups, [async () => undefined]);
    expect(await client.object(Room, "a").Clear()).toBeUndefined();
    expect(gates[0]?.seen[0]?.payload).toBeUndefined();
  });

  test("creates and destroys objects, and says whether there was one", async () => {
    const ids = new Set<string>();
    const { client, gates } = await connected(wire, cleanups, [
      async ({ kind, id }) => (kind === "create" ? void ids.add(id) : ids.delete(id)),
    ]);
    await client.create(Room, "a/b");
    expect([...ids]).toEqual(["a/b"]);
    expect(await client.destroy(Room, "a/b")).toBe(true);
    expect(await client.destroy(Room, "a/b")).toBe(false);
    expect(gates[0]?.seen.map(({ kind, type }) => `${kind} ${type}`)).toEqual([
      "create Room",
      "destroy Room",
      "destroy Room",
    ]);
  });

  test("fails with the error of the other end, details and all", async () => {
    const details = { callId: "c-1", field: "text", retryAfterMs: 5 };
    const { client } = await connected(wire, cleanups, [refuse("MAILBOX_FULL", "too much", details)]);
    const error = await failureOf(client.object(Room, "a").Say({ text: "hi" }));
    expect(error).toMatchObject({ code: "MAILBOX_FULL", message: "too much", details });
  });

  test("fails with a failure that the contract declares, or answers it", async () => {
    const declared = { declared: { name: "Muted", data: { untilMs: 5 } } };
    const { client } = await connected(wire, cleanups, [refuse("DECLARED", "muted", declared)]);
    const room = client.object(Room, "a");
    expect(await room.$try.Say({ text: "hi" })).toEqual({ ok: false, error: { code: "Muted", data: { untilMs: 5 } } });
    expect(await failureOf(room.Say({ text: "hi" }))).toMatchObject({ code: "DECLARED" });
  });

  test("checks the result with the contract", async () => {
    const { client } = await connected(wire, cleanups, [() => Promise.resolve(jsonPayload('{"seq":"seven"}'))]);
    expect((await failureOf(client.object(Room, "a").Say({ text: "hi" }))).code).toBe("INVALID_ARGUMENT");
  });

  test("that was refused before it started is sent again, to the next gate", async () => {
    for (const code of ["NOT_OWNER", "UNAVAILABLE"] as const) {
      const { client, gates } = await connected(wire, cleanups, [refuse(code, "not now"), said]);
      expect(await client.object(Room, "a").Say({ text: "hi" })).toEqual({ seq: 7 });
      const [first, second] = gates.map(({ seen }) => seen);
      expect([first?.length, second?.length]).toEqual([1, 1]);
      expect(first?.[0]?.callId).toBe(second?.[0]?.callId);
    }
  });

  test("goes to the next gate when one is away, and stays there", async () => {
    const { client, gates } = await connected(wire, cleanups, [said, said]);
    await gates[0]?.close();
    const room = client.object(Room, "a");
    await room.Say({ text: "1" });
    await room.Say({ text: "2" });
    expect(gates[1]?.seen.length).toBe(2);
  });

  test("waits for the only gate to come back", async () => {
    const { client, gates } = await connected(wire, cleanups, [said]);
    const gate = gates[0];
    const port = Number(gate?.address.split(":").at(-1));
    await gate?.close();
    const reply = client.object(Room, "a").Say({ text: "hi" });
    const again = await wire.startGate(said, port);
    cleanups.add(() => again.close());
    expect(await reply).toEqual({ seq: 7 });
  });

  test("fails with the last refusal when there is no time for another attempt", async () => {
    const { client, gates } = await connected(wire, cleanups, [refuse("UNAVAILABLE", "no node")]);
    const error = await failureOf(client.object(Room, "a").Say({ text: "hi" }, { timeoutMs: 1000 }));
    expect(error.message).toContain("no node");
    expect(gates[0]?.seen.length).toBeGreaterThan(1);
  });

  test("waits as long as the other end asks", async () => {
    const { client, gates } = await connected(wire, cleanups, [refuse("UNAVAILABLE", "no", { retryAfterMs: 20_000 })]);
    await failureOf(client.object(Room, "a").Say({ text: "hi" }, { timeoutMs: 5000 }));
    expect(gates[0]?.seen.length).toBe(1);
  });

  test("of unknown outcome is sent again only when that does no harm", async () => {
    let count = 0;
    const { client, gates } = await connected(wire, cleanups, [
      async ({ method }) => {
        count += 1;
        if (count < 3) throw new GoverseError("UNKNOWN_OUTCOME", "lost", { callId: "c" });
        return method === "History" ? jsonPayload("[]") : jsonPayload('{"seq":7}');
      },
    ]);
    expect(await client.object(Room, "a").History()).toEqual([]);
    expect(gates[0]?.seen.map(({ repeatable }) => repeatable)).toEqual(["true", "true", "true"]);

    count = 0;
    expect((await failureOf(client.object(Room, "a").Say({ text: "hi" }))).code).toBe("UNKNOWN_OUTCOME");
    expect(count).toBe(1);
  });

  test("whose connection is lost in the middle is of unknown outcome, with its id", async () => {
    const { client, gates } = await connected(wire, cleanups, [hang]);
    const failure = failureOf(client.object(Room, "a").Say({ text: "hi" }));
    await expect.poll(() => gates[0]?.seen.length).toBe(1);
    gates[0]?.cut();
    expect(await failure).toMatchObject({ code: "UNKNOWN_OUTCOME", details: { callId: gates[0]?.seen[0]?.callId } });
  });

  test("ends at its deadline, and the gate learns that nobody waits", async () => {
    const { client, gates } = await connected(wire, cleanups, [hang]);
    const error = await failureOf(client.object(Room, "a").Say({ text: "hi" }, { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED", details: { callId: gates[0]?.seen[0]?.callId } });
    expect(gates[0]?.seen[0]?.timeoutMs).toBeLessThanOrEqual(100);
    await expect.poll(() => gates[0]?.seen[0]?.signal.aborted).toBe(true);
  });

  test("that timed out starts with another gate next time", async () => {
    const { client, gates } = await connected(wire, cleanups, [hang, said]);
    await failureOf(client.object(Room, "a").Say({ text: "hi" }, { timeoutMs: 100 }));
    await client.object(Room, "a").Say({ text: "hi" });
    expect(gates[1]?.seen.length).toBe(1);
  });

  test("is given up by its signal, before and while it runs", async () => {
    const { client, gates } = await connected(wire, cleanups, [hang]);
    const room = client.object(Room, "a");
    expect((await failureOf(room.Say({ text: "hi" }, { signal: AbortSignal.abort() }))).code).toBe("CANCELLED");
    expect(gates[0]?.seen.length).toBe(0);
    const abort = new AbortController();
    const failure = failureOf(room.Say({ text: "hi" }, { signal: abort.signal }));
    await expect.poll(() => gates[0]?.seen.length).toBe(1);
    abort.abort();
    expect((await failure).code).toBe("CANCELLED");
    await expect.poll(() => gates[0]?.seen[0]?.signal.aborted).toBe(true);
  });

  test("is given up while it waits to be sent again", async () => {
    const { client } = await connected(wire, cleanups, [refuse("UNAVAILABLE", "no", { retryAfterMs: 60_000 })]);
    const abort = new AbortController();
    const failure = failureOf(
      client.object(Room, "a").Say({ text: "hi" }, { timeoutMs: 100_000, signal: abort.signal }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect((await failure).code).toBe("CANCELLED");
  });

  test("ends when the client is closed, and so does every later one", async () => {
    const { client, gates } = await connected(wire, cleanups, [hang]);
    const failure = failureOf(client.object(Room, "a").Say({ text: "hi" }));
    await expect.poll(() => gates[0]?.seen.length).toBe(1);
    await client.close();
    expect(await failure).toMatchObject({ code: "CANCELLED", message: "the client is closed" });
    expect((await failureOf(client.object(Room, "a").History())).code).toBe("CANCELLED");
    expect((await failureOf(client.connect())).code).toBe("CANCELLED");
  });

  test("with a wrong timeout is refused", async () => {
    const { client } = await connected(wire, cleanups, [said]);
    for (const timeoutMs of [0, -1, Number.NaN]) {
      expect((await failureOf(client.create(Room, "a", { timeoutMs }))).code).toBe("INVALID_ARGUMENT");
    }
  });
});

describe.each(wires)("over $name, options", ({ createClient }) => {
  test.each([[[]], ["http://localhost:1"], [["not an address"]], [["ftp://localhost:1"]], [[""]], [["localhost"]]])(
    "gates %j are refused by name",
    (gates) => {
      expect(() => createClient({ gates: gates as string[] })).toThrow(/gates/);
    },
  );

  test("a wrong reply limit is refused by name", () => {
    expect(() => createClient({ gates: ["x"], maxReplyBytes: 0 })).toThrow(/maxReplyBytes/);
  });
});
