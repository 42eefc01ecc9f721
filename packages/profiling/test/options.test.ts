import { expect, test } from "vitest";
import { createProfiling, ProfilingOptionsError, type ProfilingOptions } from "../src/index.ts";

test.each<[message: string, options: ProfilingOptions]>([
  ["prefix", { prefix: "debug" }],
  ["prefix", { prefix: "/debug/" }],
  ["access.token", { access: { token: "short" } }],
  ["access.token", { access: { token: "with a space in it" } }],
  ["cpu.hz", { cpu: { hz: 0 } }],
  ["cpu.hz", { cpu: { hz: 1.5 } }],
  ["cpu.maxRecordings", { cpu: { maxRecordings: 100 } }],
  ["maxSeconds", { maxSeconds: Number.NaN }],
  ["heap.intervalBytes", { heap: { intervalBytes: 1 } }],
  ["heap.maxAgeMs", { heap: { maxAgeMs: -1 } }],
  ["stalls.thresholdMs", { stalls: { thresholdMs: 1 } }],
])("a wrong %s is refused by name", (name, options) => {
  expect(() => createProfiling(options)).toThrow(ProfilingOptionsError);
  expect(() => createProfiling(options)).toThrow(new RegExp(`^${name.replace(".", "\\.")}: `));
});
