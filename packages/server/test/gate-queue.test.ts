import { expect, test } from "vitest";
import { GateQueue, type GateWriter } from "../src/gate-queue.ts";

/** A stream whose buffer holds `room` messages before it asks to wait. */
class Stream implements GateWriter<number> {
  readonly written: number[] = [];
  ended = false;
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  write(message: number): boolean {
    this.written.push(message);
    this.room -= 1;
    return this.room > 0;
  }

  end(): void {
    this.ended = true;
  }
}

const WIDE = { maxMessages: 1000, maxBytes: 1000 };

test("messages go straight to a stream that has room", () => {
  const stream = new Stream(10);
  const queue = new GateQueue(stream, WIDE);
  for (const n of [1, 2, 3]) expect(queue.offer(n, 1)).toBe(true);
  expect(stream.written).toEqual([1, 2, 3]);
});

test("what waited comes out in order when the stream drains, and later messages stay behind it", () => {
  const stream = new Stream(2);
  const queue = new GateQueue(stream, WIDE);
  for (const n of [1, 2, 3, 4, 5]) queue.offer(n, 1);
  expect(stream.written).toEqual([1, 2]);
  stream.room = 1;
  queue.onDrain();
  queue.offer(6, 1);
  expect(stream.written).toEqual([1, 2, 3]);
  stream.room = 100;
  queue.onDrain();
  queue.offer(7, 1);
  expect(stream.written).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("a full queue refuses the newest message, by count and by bytes", () => {
  const byCount = new GateQueue(new Stream(1), { maxMessages: 2, maxBytes: 1000 });
  expect([1, 2, 3, 4].map((n) => byCount.offer(n, 1))).toEqual([true, true, true, false]);

  const stream = new Stream(1);
  const byBytes = new GateQueue(stream, { maxMessages: 1000, maxBytes: 10 });
  expect([1, 2, 3].map((n) => byBytes.offer(n, 6))).toEqual([true, true, false]);
  stream.room = 100;
  byBytes.onDrain();
  expect(stream.written).toEqual([1, 2]);
  stream.room = 1;
  expect([4, 5, 6].map((n) => byBytes.offer(n, 6))).toEqual([true, true, false]);
});

test("an ended queue hands over what waits, ends the stream once and takes nothing more", () => {
  const stream = new Stream(1);
  const queue = new GateQueue(stream, WIDE);
  for (const n of [1, 2, 3]) queue.offer(n, 1);
  queue.end();
  queue.end();
  expect(stream.written).toEqual([1, 2, 3]);
  expect(stream.ended).toBe(true);
  expect(queue.offer(4, 1)).toBe(false);
});

test("an abandoned queue says which messages were lost and writes nothing more", () => {
  const stream = new Stream(1);
  const queue = new GateQueue(stream, WIDE);
  for (const n of [1, 2, 3]) queue.offer(n, 1);
  expect(queue.abandon()).toEqual([2, 3]);
  queue.onDrain();
  queue.end();
  expect(stream.written).toEqual([1]);
  expect(stream.ended).toBe(false);
  expect(queue.offer(4, 1)).toBe(false);
});
