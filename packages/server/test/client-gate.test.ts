import { expect, test } from "vitest";
import { gateOfClient } from "../src/client-gate.ts";

test.each([
  ["localhost:49000/abc", "localhost:49000"],
  ["localhost:49000/a/b", "localhost:49000"],
  ["[::1]:49000/abc", "[::1]:49000"],
])("the gate of client %s is %s", (clientId, gate) => {
  expect(gateOfClient(clientId)).toBe(gate);
});

test.each(["", "abc", "/abc", "localhost:49000/", "localhost:49000", "localhost/abc", "a b:1/c", "__proto__/x"])(
  "%s is no client id",
  (clientId) => {
    expect(gateOfClient(clientId)).toBeUndefined();
  },
);
