import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Caller,
  type CallRequest,
  contract,
  encodePayload,
  GoverseError,
  jsonTextOf,
  remote,
} from "../src/index.ts";

const Room = contract("Room", {
  methods: {
    Join: {
      in: z.object({ who: z.string() }),
      out: z.object({ n: z.number() }),
      errors: { Full: z.object({ max: z.number() }) },
    },
    History: { out: z.array(z.string()), mode: "read" },
    Leave: {},
  },
});

function recorded(answer: unknown): { caller: Caller; requests: CallRequest[] } {
  const requests: CallRequest[] = [];
  const call = (request: CallRequest): Promise<ReturnType<typeof encodePayload>> => {
    requests.push(request);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(encodePayload(z.unknown(), answer));
  };
  return { caller: { call }, requests };
}

describe("a proxy", () => {
  test("sends type, id, method, input and options", async () => {
    const { caller, requests } = recorded({ n: 3 });
    expect(await remote(Room, "general", caller).Join({ who: "ann" }, { timeoutMs: 50 })).toEqual({ n: 3 });
    expect(requests[0]).toMatchObject({
      type: "Room",
      id: "general",
      method: "Join",
      timeoutMs: 50,
      repeatable: false,
    });
    expect(jsonTextOf(requests[0]?.payload)).toBe('{"who":"ann"}');
  });

  test("takes options first when a method has no input, and marks reads as repeatable", async () => {
    const { caller, requests } = recorded(["hi"]);
    await remote(Room, "general", caller).History({ timeoutMs: 5 });
    expect(requests[0]).toMatchObject({ payload: undefined, timeoutMs: 5, repeatable: true });
  });

  test("checks the reply", async () => {
    const { caller } = recorded({ n: "three" });
    await expect(remote(Room, "general", caller).Join({ who: "ann" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("throws a declared failure, or answers it as a value through $try", async () => {
    const failure = new GoverseError("DECLARED", "Full", { declared: { name: "Full", data: { max: 9 } } });
    const room = remote(Room, "general", recorded(failure).caller);
    await expect(room.Join({ who: "ann" })).rejects.toMatchObject({ code: "DECLARED" });
    expect(await room.$try.Join({ who: "ann" })).toEqual({ ok: false, error: { code: "Full", data: { max: 9 } } });
  });

  test("does not pass on a failure that its contract does not declare", async () => {
    const failure = new GoverseError("DECLARED", "Odd", { declared: { name: "toString", data: {} } });
    await expect(remote(Room, "general", recorded(failure).caller).Join({ who: "ann" })).rejects.toMatchObject({
      code: "INTERNAL",
    });
  });

  test("throws everything else through $try too", async () => {
    const room = remote(Room, "general", recorded(new GoverseError("UNAVAILABLE", "away")).caller);
    await expect(room.$try.Join({ who: "ann" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("can be awaited and printed without calling anything", async () => {
    const { caller, requests } = recorded(1);
    const room = await Promise.resolve(remote(Room, "general", caller));
    expect(JSON.stringify(room)).toContain('"$id":"general"');
    expect(requests).toEqual([]);
  });

  test.each([0, -1, Number.NaN])("refuses timeoutMs %d", async (timeoutMs) => {
    await expect(remote(Room, "r", recorded([]).caller).History({ timeoutMs })).rejects.toThrow(/timeoutMs/);
  });
});

test.each(["constructor", "__proto__", "then", "$try", "9lives", "white space", ""])(
  "a method named %j is refused",
  (name) => {
    const methods = Object.fromEntries([[name, {}]]) as Record<string, object>;
    Object.defineProperty(methods, name, { enumerable: true, value: {} });
    expect(() => contract("Bad", { methods: methods as Record<"ok", object> })).toThrow(/method of Bad/);
  },
);
