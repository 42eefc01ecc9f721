import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Frame, FrameSchema } from "../src/gen/goverse/peer/v1/peer_pb.ts";
import type { ReceivedCall } from "../src/grpc/link/call-codec.ts";
import { FrameBuffer } from "../src/grpc/link/frame-buffer.ts";
import { readFrame } from "../src/grpc/link/read-frame.ts";
import type { LinkReply } from "../src/grpc/link/reply-codec.ts";
import { MalformedFrame } from "../src/grpc/link/wire-reader.ts";
import { anyCall, anyReply, generatedCall, generatedReply } from "./support/link-messages.ts";

/** All that waits, in one piece. */
function takeAll(buffer: FrameBuffer): Buffer {
  const frames: Buffer[] = [];
  for (let frame = buffer.take(); frame !== undefined; frame = buffer.take()) frames.push(frame);
  return Buffer.concat(frames);
}

function read(bytes: Uint8Array): { calls: ReceivedCall[]; replies: LinkReply[]; parts: Frame[] } {
  const seen = { calls: [] as ReceivedCall[], replies: [] as LinkReply[], parts: [] as Frame[] };
  readFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    onCall: (call) => seen.calls.push(call),
    onReply: (reply) => seen.replies.push(reply),
    onControl: (part) => seen.parts.push(part),
  });
  return seen;
}

/** Comparing thousands of bytes one by one takes seconds. */
const sameAs =
  (expected: Uint8Array) =>
  (bytes: Uint8Array): boolean =>
    Buffer.compare(bytes, expected) === 0;

/** Text as it arrives: halves of surrogate pairs do not survive UTF-8. */
const wellFormed = (text: string): string => Buffer.from(text, "utf8").toString("utf8");

describe("calls", () => {
  test("are written byte for byte like the generated code", () => {
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 4 }), (calls) => {
        const buffer = new FrameBuffer();
        for (const call of calls) buffer.addCall(call, call);
        const expected = toBinary(FrameSchema, create(FrameSchema, { calls: calls.map(generatedCall) }));
        expect(takeAll(buffer).equals(expected)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("are read from what the generated code writes, all fields of them", () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const wire = toBinary(FrameSchema, create(FrameSchema, { calls: [generatedCall(call)] }));
        const { calls } = read(wire);
        expect(wire).toSatisfy(sameAs(toBinary(FrameSchema, create(FrameSchema, { calls: calls.map(generatedCall) }))));
        const [seen] = calls;
        expect(seen?.clientId).toBe(call.clientId === undefined ? undefined : wellFormed(call.clientId));
        expect(seen?.caller).toEqual(call.caller);
      }),
      { numRuns: 500 },
    );
  });
});

describe("replies", () => {
  test("are written byte for byte like the generated code", () => {
    fc.assert(
      fc.property(fc.array(anyReply, { maxLength: 4 }), (replies) => {
        const buffer = new FrameBuffer();
        for (const reply of replies) buffer.addReply(reply);
        const expected = toBinary(FrameSchema, create(FrameSchema, { replies: replies.map(generatedReply) }));
        expect(takeAll(buffer).equals(expected)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("are read from what the generated code writes, all fields of them", () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const wire = toBinary(FrameSchema, create(FrameSchema, { replies: [generatedReply(reply)] }));
        const { replies } = read(wire);
        expect(wire).toSatisfy(
          sameAs(toBinary(FrameSchema, create(FrameSchema, { replies: replies.map(generatedReply) }))),
        );
        const [seen] = replies;
        expect(seen?.epoch).toBe(reply.epoch);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a frame", () => {
  const call: ReceivedCall = {
    seq: 7,
    callId: "c-1",
    type: "Room",
    id: "a",
    method: "Say",
    payload: { typeUrl: "x/y", bytes: new Uint8Array([1, 2, 3]) },
    clientId: undefined,
    chain: ["t"],
    caller: undefined,
    remainingMs: 5000,
    repeatable: false,
  };

  test("hands payloads over without copying them", () => {
    const buffer = new FrameBuffer();
    buffer.addCall(call, call);
    const wire = takeAll(buffer);
    let shares = false;
    readFrame(wire, {
      onCall: ({ payload }) => (shares = payload?.bytes.buffer === wire.buffer),
      onReply: () => {},
      onControl: () => {},
    });
    expect(shares).toBe(true);
  });

  test("keeps the order of its parts", () => {
    const buffer = new FrameBuffer();
    buffer.addCall(call, call);
    buffer.addControl({ cancels: [7] });
    buffer.addCall(call, { ...call, seq: 8 });
    buffer.addControl({ barrierAck: 3 });
    const order: string[] = [];
    readFrame(takeAll(buffer), {
      onCall: ({ seq }) => order.push(`call ${seq}`),
      onReply: () => {},
      onControl: ({ cancels, barrierAck }) => order.push(`cancels ${cancels.join(",")} ack ${barrierAck ?? "-"}`),
    });
    expect(order).toEqual(["call 7", "cancels 7 ack -", "call 8", "cancels  ack 3"]);
  });

  test("from a newer peer is read without what this version does not know", () => {
    const unknown = Buffer.from([0xa2, 0x06, 0x02, 0x01, 0x02, 0xa8, 0x06, 0x05, 0xad, 0x06, 1, 2, 3, 4]);
    const body = Buffer.concat([Buffer.from([0x08, 0x09]), unknown]);
    const { replies } = read(Buffer.concat([unknown, Buffer.from([0x12, body.length]), body]));
    expect(replies).toEqual([{ seq: 9, payload: undefined, epoch: 0, error: undefined, onBulk: false }]);
  });

  test("is complete at 64 KiB, and its number says which parts have left", () => {
    const buffer = new FrameBuffer();
    const payload = { typeUrl: "x/y", bytes: new Uint8Array(20_000) };
    for (let i = 0; i < 6; i += 1) buffer.addCall({ ...call, payload }, call);
    expect([buffer.added, buffer.taken]).toEqual([6, 0]);
    expect(buffer.waitingBytes).toBeGreaterThan(120_000);
    const first = buffer.take();
    expect(first?.length).toBeLessThan(90_000);
    expect(read(first ?? Buffer.alloc(0)).calls.length).toBe(buffer.taken);
    expect(buffer.taken).toBeLessThan(6);
    expect(takeAll(buffer).length).toBeGreaterThan(0);
    expect([buffer.taken, buffer.waitingBytes]).toEqual([6, 0]);
    expect(buffer.take()).toBeUndefined();
  });

  test("that was damaged on the way is refused or read, but never crashes, hangs or takes memory", () => {
    const buffer = new FrameBuffer();
    for (let i = 0; i < 5; i += 1) {
      buffer.addCall({ ...call, chain: ["a", "b"], caller: { shard: 3, epoch: 2 ** 40 } }, call);
      buffer.addReply({ seq: i, payload: call.payload, epoch: 9, error: undefined, onBulk: false });
    }
    buffer.addControl({ credits: { calls: 5, bytes: 6 } });
    buffer.addControl({ hello: { minVersion: 1, maxVersion: 2, features: ["f"], cluster: "/goverse" } });
    const sound = takeAll(buffer);
    const random = randomOf(20);
    let refused = 0;
    const before = process.memoryUsage();
    for (let i = 0; i < 100_000; i += 1) {
      const damaged = damage(sound, random);
      try {
        const { calls, replies } = read(damaged);
        expect(calls.length + replies.length).toBeLessThanOrEqual(damaged.length);
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error;
        refused += 1;
      }
    }
    const after = process.memoryUsage();
    expect(refused).toBeGreaterThan(10_000);
    expect(after.arrayBuffers + after.heapTotal - before.arrayBuffers - before.heapTotal).toBeLessThan(
      200 * 1024 * 1024,
    );
  }, 60_000);
});

/** Mulberry32: the same damage in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function damage(sound: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(sound.subarray(0, random(8) === 0 ? random(sound.length) : sound.length));
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes -= 1) {
    const at = random(bytes.length);
    const kind = random(3);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    else bytes.fill(0xff, at, Math.min(bytes.length, at + 1 + random(9)));
  }
  return bytes;
}
