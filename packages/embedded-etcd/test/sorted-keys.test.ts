import { expect, test } from "vitest";
import { keyRange } from "../src/store/key-range.ts";
import { SortedKeys } from "../src/store/sorted-keys.ts";

/** A fixed shuffle: the same 5,000 keys in an order that splits chunks everywhere. */
const names = Array.from({ length: 5000 }, (_, index) => `k${(index * 2741) % 5000}`);

test("keys come out in order, whatever order they went in", () => {
  const keys = new SortedKeys();
  for (const name of names) keys.add(name);
  expect([...keys.within(keyRange("\0", "\0"))]).toEqual(names.toSorted());
  expect([...keys.within(keyRange("k10", "k1003"))]).toEqual(
    names.filter((name) => name >= "k10" && name < "k1003").toSorted(),
  );
});

test("removed keys are gone, and removing an absent one is harmless", () => {
  const keys = new SortedKeys();
  for (const name of names) keys.add(name);
  for (const name of names.slice(0, 4990)) keys.remove(name);
  keys.remove("absent");
  expect([...keys.within(keyRange("\0", "\0"))]).toEqual(names.slice(4990).toSorted());
  for (const name of names) keys.remove(name);
  expect([...keys.within(keyRange("\0", "\0"))]).toEqual([]);
  keys.add("again");
  expect([...keys.within(keyRange("a", "b"))]).toEqual(["again"]);
});

test.each([
  ["before all", "a", "b", []],
  ["after all", "x", "\0", []],
  ["inverted", "m", "l", []],
  ["from a key that is absent", "l", "n", ["m"]],
  ["up to but not including the end", "k", "m", ["k"]],
])("a range %s", (_, start, end, expected) => {
  const keys = new SortedKeys();
  for (const name of ["k", "m", "o"]) keys.add(name);
  expect([...keys.within(keyRange(start, end))]).toEqual(expected);
});
