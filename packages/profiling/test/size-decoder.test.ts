import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HEAP_INTERVAL_BYTES } from "../src/heap/heap-reader.ts";
import { SizeDecoder } from "../src/heap/size-decoder.ts";

/** What V8 would report for so many samples of each size. */
function asReported(sizes: ReadonlyMap<number, number>): { counts: Map<number, number>; selfBytes: number } {
  const decoder = new SizeDecoder(HEAP_INTERVAL_BYTES);
  const counts = new Map<number, number>();
  let selfBytes = 0;
  for (const [size, samples] of sizes) {
    const reported = size * decoder.objectsOf(size);
    counts.set(reported, (counts.get(reported) ?? 0) + samples);
    selfBytes += size * decoder.objectsOf(size, samples);
  }
  return { counts, selfBytes };
}

const objectSize = fc.integer({ min: 2, max: 64 }).map((words) => words * 8);

describe("sizes of objects are recovered from scaled samples", () => {
  test("one size with many samples is found exactly", () => {
    fc.assert(
      fc.property(objectSize, fc.integer({ min: 8, max: 500 }), (size, samples) => {
        const { counts, selfBytes } = asReported(new Map([[size, samples]]));
        const [decoded] = new SizeDecoder(HEAP_INTERVAL_BYTES).decode(counts, selfBytes).values();
        expect(decoded?.size).toBe(size);
      }),
    );
  });

  test("whatever the sizes, the bytes add up to what V8 says when a combination does", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("16", "24", "40", "56", "96", "4096"), fc.integer({ min: 1, max: 50 })),
        (raw) => {
          const sizes = new Map(Object.entries(raw).map(([size, samples]) => [Number(size), samples]));
          const { counts, selfBytes } = asReported(sizes);
          // Two sizes with one product cannot be told apart; those are another case.
          fc.pre(counts.size === sizes.size);
          const decoded = [...new SizeDecoder(HEAP_INTERVAL_BYTES).decode(counts, selfBytes).values()];
          expect(decoded.reduce((sum, { size, objects }) => sum + size * objects, 0)).toBe(selfBytes);
        },
      ),
    );
  });

  test("objects larger than the interval are counted one by one", () => {
    const size = 16 * HEAP_INTERVAL_BYTES;
    const [decoded] = new SizeDecoder(HEAP_INTERVAL_BYTES).decode(new Map([[size, 3]]), size * 3).values();
    expect(decoded).toEqual({ size, objects: 3 });
  });

  test("a size that no object has is taken as it is", () => {
    const [decoded] = new SizeDecoder(HEAP_INTERVAL_BYTES).decode(new Map([[1_234_567, 1]]), 1_234_567).values();
    expect(decoded?.size).toBe(1_234_567);
  });
});
