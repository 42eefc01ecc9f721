import { readFileSync } from "node:fs";
import { silentLogger } from "@goverse/core";
import { PRESETS } from "@goverse/host";
import { expect, test } from "vitest";
import { resolveServerOptions, SERVER_VERSION, type ServerOptions } from "../src/options.ts";
import { testObjects } from "./support/objects.ts";

const objects = testObjects("only");

test("everything but the objects has a default", () => {
  expect(resolveServerOptions({ objects })).toMatchObject({
    listen: { host: "localhost", port: 48_000 },
    advertiseAddress: undefined,
    metricsListen: undefined,
    etcdEndpoints: ["localhost:2379"],
    etcdPrefix: "/goverse",
    shardCount: 8192,
    times: PRESETS.local,
    expectNodes: undefined,
    logger: silentLogger,
  });
});

test("etcd's endpoints may be a list or separated by commas", () => {
  const endpoints = (etcdAddress: string | readonly string[]): readonly string[] =>
    resolveServerOptions({ objects, etcdAddress }).etcdEndpoints;
  expect(endpoints("a:1, http://b:2")).toEqual(["a:1", "http://b:2"]);
  expect(endpoints(["a:1", "b:2"])).toEqual(["a:1", "b:2"]);
});

test("single times replace those of the preset", () => {
  const { times } = resolveServerOptions({ objects, preset: "production", times: { leaseTtlMs: 3000 } });
  expect(times).toEqual({ ...PRESETS.production, leaseTtlMs: 3000 });
});

const wrong: readonly (readonly [given: Partial<ServerOptions>, message: string])[] = [
  [{ listenAddress: "localhost" }, "listenAddress (--listen)"],
  [{ listenAddress: ":48000" }, "advertiseAddress (--advertise)"],
  [{ advertiseAddress: "localhost:0" }, 'advertiseAddress (--advertise) "localhost:0"'],
  [{ metricsListenAddress: "nine" }, 'metricsListenAddress (--metrics-listen) "nine"'],
  [{ metricsAdvertiseAddress: "nine" }, 'metricsAdvertiseAddress "nine"'],
  [{ etcdAddress: "" }, "etcdAddress (--etcd)"],
  [{ etcdAddress: [] }, "etcdAddress (--etcd)"],
  [{ etcdAddress: "a:1,,b:2" }, "etcdAddress (--etcd)"],
  [{ etcdConnectTimeoutMs: 0 }, "etcdConnectTimeoutMs 0"],
  [{ etcdPrefix: "goverse" }, 'etcdPrefix (--etcd-prefix) "goverse"'],
  [{ etcdPrefix: "/" }, 'etcdPrefix (--etcd-prefix) "/"'],
  [{ shardCount: 0 }, "shardCount (--shards) 0"],
  [{ shardCount: 1.5 }, "shardCount (--shards) 1.5"],
  [{ preset: "fast" as "local" }, 'preset (--preset) "fast" is not valid: use local or production'],
  [{ times: { leaseTtlMs: Number.NaN } }, "times.leaseTtlMs NaN"],
  [{ expectNodes: 0 }, "expectNodes 0"],
  [{ maxMessageBytes: 0 }, "maxMessageBytes 0"],
  [{ objects: undefined as unknown as [] }, "objects undefined"],
  [{ objects: [...objects, ...objects] }, 'objects[2] "Counter"'],
  [{ objects: [{ name: "Bare", methods: {}, events: {} } as never] }, "not the contract"],
];

test.each(wrong)("%o is refused by name", (given, message) => {
  expect(() => resolveServerOptions({ objects, ...given })).toThrow(message);
});

test("the version is that of the package", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect((JSON.parse(text) as { version: string }).version).toBe(SERVER_VERSION);
});
