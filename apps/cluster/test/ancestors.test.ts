import { expect, test } from "vitest";
import { ancestorsInGroup } from "../src/ancestors.ts";

test("climbs through the shells and package managers of one command, and not into the shell that it was typed in", () => {
  const rows = [
    { pid: 1, parent: 0, group: 1 },
    { pid: 10, parent: 1, group: 10 },
    { pid: 20, parent: 10, group: 20 },
    { pid: 21, parent: 20, group: 20 },
    { pid: 22, parent: 21, group: 20 },
  ];
  expect(ancestorsInGroup(22, rows)).toEqual([21, 20]);
  expect(ancestorsInGroup(99, rows)).toEqual([]);
});

test("ends also when the list runs in a circle", () => {
  const rows = [
    { pid: 5, parent: 6, group: 5 },
    { pid: 6, parent: 5, group: 5 },
  ];
  expect(ancestorsInGroup(5, rows)).toEqual([6, 5]);
});
