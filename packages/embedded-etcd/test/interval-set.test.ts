import { expect, test } from "vitest";
import { IntervalSet } from "../src/store/interval-set.ts";

const letters = "abcdefghij".split("");

test.each<[string, [string, string][], string]>([
  ["nothing", [], ""],
  ["one", [["c", "e"]], "cd"],
  [
    "two apart, added backwards",
    [
      ["g", "h"],
      ["b", "d"],
    ],
    "bcg",
  ],
  [
    "overlapping",
    [
      ["b", "e"],
      ["d", "g"],
    ],
    "bcdef",
  ],
  [
    "touching",
    [
      ["b", "d"],
      ["d", "f"],
    ],
    "bcde",
  ],
  [
    "one inside the other",
    [
      ["b", "h"],
      ["c", "d"],
    ],
    "bcdefg",
  ],
  [
    "one that swallows several",
    [
      ["b", "c"],
      ["e", "f"],
      ["a", "j"],
    ],
    "abcdefghi",
  ],
  ["a single key", [["c", "c\0"]], "c"],
])("%s", (_, intervals, expected) => {
  const set = new IntervalSet();
  for (const [start, end] of intervals) set.add(start, end);
  const copy = new IntervalSet();
  copy.addAll(set);
  expect(letters.filter((letter) => copy.has(letter)).join("")).toBe(expected);
});
