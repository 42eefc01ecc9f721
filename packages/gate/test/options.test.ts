import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type GateOptions, resolveGateOptions } from "../src/index.ts";
import { GATE_VERSION } from "../src/options.ts";

test("the defaults are those of the documents", () => {
  expect(resolveGateOptions({})).toMatchObject({
    listen: { host: "localhost", port: 49_000 },
    advertiseAddress: undefined,
    httpListen: undefined,
    opsListen: undefined,
    etcdEndpoints: ["localhost:2379"],
    etcdPrefix: "/goverse",
    shardCount: 8_192,
    corsOrigins: [],
    times: { leaseTtlMs: 5_000 },
  });
});

test("the version is that of the package", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  expect(GATE_VERSION).toBe(manifest.version);
});

test("single times of a preset can be replaced", () => {
  const { times } = resolveGateOptions({ preset: "production", times: { stopTimeoutMs: 1 } });
  expect(times).toMatchObject({ leaseTtlMs: 10_000, stopTimeoutMs: 1 });
});

test.each<[option: string, options: GateOptions]>([
  ["listenAddress", { listenAddress: "localhost" }],
  ["advertiseAddress", { listenAddress: ":49000" }],
  ["advertiseAddress", { advertiseAddress: "nowhere" }],
  ["httpListenAddress", { httpListenAddress: "localhost:99999" }],
  ["opsListenAddress", { opsListenAddress: "x y:1" }],
  ["etcdAddress", { etcdAddress: [] }],
  ["etcdAddress", { etcdAddress: "localhost" }],
  ["etcdPrefix", { etcdPrefix: "goverse" }],
  ["shardCount", { shardCount: 0 }],
  ["preset", { preset: "staging" as "local" }],
  ["times.leaseTtlMs", { times: { leaseTtlMs: Number.NaN } }],
  ["corsOrigins", { corsOrigins: ["chat.example"] }],
  ["corsOrigins", { corsOrigins: ["https://chat.example/"] }],
  ["maxClients", { maxClients: 1.5 }],
  ["maxInFlight", { maxInFlight: 0 }],
  ["maxMessageBytes", { maxMessageBytes: -1 }],
])("a bad %s is refused by name", (option, options) => {
  expect(() => resolveGateOptions(options)).toThrow(new RegExp(option.replace(".", "\\.")));
});
