import { jsonPayload, jsonTextOf } from "@goverse/core";
import { describe, expect, test } from "vitest";
import { anyToEvent, decodeSseFrame, encodeSseFrame, eventToAny, type SseFrame } from "../src/index.ts";

/** What a client's parser makes of the text of one frame. */
function parse(text: string): { event: string; data: string } {
  const match = /^event: ([^\n]*)\ndata: ([^\n\r]*)\n\n$/.exec(text);
  return { event: match?.[1] ?? "?", data: match?.[2] ?? "?" };
}

function roundTrip(frame: SseFrame): SseFrame | undefined {
  const { event, data } = parse(encodeSseFrame(frame));
  return decodeSseFrame(event, data);
}

const source = { type: "Room", id: 'a "quoted"\nid' };

describe("frames", () => {
  test("look as documented", () => {
    expect(parse(encodeSseFrame({ kind: "register", clientId: "gate:1/x" }))).toEqual({
      event: "register",
      data: '{"clientId":"gate:1/x"}',
    });
    expect(parse(encodeSseFrame({ kind: "heartbeat" }))).toEqual({ event: "heartbeat", data: "{}" });
    const payload = jsonPayload('{"text":"hi"}');
    expect(
      parse(encodeSseFrame({ kind: "message", source: { type: "Room", id: "a" }, event: "message", payload })),
    ).toEqual({ event: "message", data: '{"event":"message","type":"Room","id":"a","data":{"text":"hi"}}' });
  });

  test.each([
    { kind: "register", clientId: "gate:1/x" },
    { kind: "heartbeat" },
    { kind: "message", source, event: "message", payload: undefined },
    { kind: "message", source, event: "message", payload: { typeUrl: "t/chat.M", bytes: new Uint8Array([0, 255]) } },
  ] satisfies SseFrame[])("survive the way: $kind", (frame) => {
    expect(roundTrip(frame)).toEqual(frame);
  });

  test.each(["null", "7", '"a\\nb"', '{\r\n "a": [1,\n2] }', '{"any":{"typeUrl":"x","value":"AA=="}}'])(
    "JSON data survives, line breaks and all: %j",
    (text) => {
      const frame = roundTrip({ kind: "message", source, event: "message", payload: jsonPayload(text) });
      const payload = frame?.kind === "message" ? frame.payload : undefined;
      expect(JSON.parse(jsonTextOf(payload) ?? "")).toEqual(JSON.parse(text));
    },
  );

  test("without a name are messages, as EventSource has it", () => {
    expect(decodeSseFrame(undefined, '{"event":"e","type":"T","id":"a"}')?.kind).toBe("message");
  });

  test.each([
    ["from-the-future", "{}"],
    ["register", "{}"],
    ["register", '{"clientId":7}'],
    ["register", "not json"],
    ["message", "[]"],
    ["message", '{"event":"e","type":"T"}'],
    ["message", '{"event":"e","type":"T","id":"a","any":{"typeUrl":"t"}}'],
    ["message", '{"event":"e","type":"T","id":"a","any":{"typeUrl":"t","value":"!"}}'],
  ])("of another version or damaged are skipped: %s %s", (event, data) => {
    expect(decodeSseFrame(event, data)).toBeUndefined();
  });
});

test("an event survives the way inside an Any", () => {
  const event = { source, event: "message", payload: jsonPayload("[1]") };
  expect(anyToEvent(eventToAny(event))).toEqual(event);
  expect(anyToEvent(eventToAny({ ...event, payload: undefined }))).toEqual({ ...event, payload: undefined });
});
