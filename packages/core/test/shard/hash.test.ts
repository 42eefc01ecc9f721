import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fnv1a32, shardOf } from "../../src/shard/hash.ts";

describe("the shard of an object id", () => {
  test.each([
    ["a", 2348, 44],
    ["Counter-1", 257, 1],
    ["ChatRoomMgr0", 1166, 14],
    ["ChatRoom-General", 7497, 9],
    ["GlobalMonitor", 48, 48],
    ["MatchmakingQueue", 4518, 38],
    ["user-12345", 1392, 48],
    ["日本語", 7399, 39],
    ["", 7621, 5],
  ])("%s is in shard %i of 8192 and %i of 64", (id, of8192, of64) => {
    expect([shardOf(id, 8192), shardOf(id, 64)]).toEqual([of8192, of64]);
  });

  test("is computed over UTF-8 bytes, whatever the script", () => {
    const reference = (text: string): number =>
      [...Buffer.from(text, "utf8")].reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
    const text = fc.string({ unit: "binary" }).filter((candidate) => !/\p{Surrogate}/u.test(candidate));
    fc.assert(fc.property(text, (id) => fnv1a32(id) === reference(id)));
  });

  test("spreads ids evenly", () => {
    const counts = Array.from({ length: 64 }, () => 0);
    for (let i = 0; i < 64_000; i += 1) {
      const shard = shardOf(createHash("sha1").update(`${i}`).digest("hex"), 64);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    // 1000 expected in each; five standard deviations of chance.
    expect(Math.max(...counts)).toBeLessThan(1160);
    expect(Math.min(...counts)).toBeGreaterThan(840);
  });
});
