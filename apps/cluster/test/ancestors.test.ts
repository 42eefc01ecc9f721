import { expect, test } from "vitest";
import { launchersAbove } from "../src/ancestors.ts";

test("climbs through the shells and package managers of one command, and not into the shell that it was typed in", () => {
  const rows = [
    { pid: 10, parent: 1, command: "-bash" },
    { pid: 20, parent: 10, command: "npm exec pnpm dev" },
    { pid: 21, parent: 20, command: "sh -c 'pnpm' dev" },
    { pid: 22, parent: 21, command: "/usr/local/bin/pnpm dev" },
    { pid: 23, parent: 22, command: "sh -c trap; node main.ts" },
    { pid: 24, parent: 23, command: "node main.ts" },
  ];
  expect(launchersAbove(24, rows)).toEqual([23, 22, 21, 20]);
  expect(launchersAbove(99, rows)).toEqual([]);
});

test("ends also when the list runs in a circle", () => {
  const rows = [
    { pid: 5, parent: 6, command: "pnpm dev" },
    { pid: 6, parent: 5, command: "npm exec pnpm dev" },
  ];
  expect(launchersAbove(5, rows)).toEqual([6, 5]);
});
