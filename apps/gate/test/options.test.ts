import { resolveGateOptions } from "@goverse/gate";
import { resolveOptions } from "@goverse/host";
import { describe, expect, test } from "vitest";
import { GATE_OPTIONS, gateOptions } from "../src/options.ts";

const program = { name: "goverse-gate", summary: "A gate.", version: "0.0.0" };

function parse(...argv: readonly string[]): ReturnType<typeof resolveGateOptions> {
  return resolveGateOptions(gateOptions(resolveOptions({ program, table: GATE_OPTIONS, argv, env: {} })));
}

describe("the options of the gate program", () => {
  test("have the defaults of the gate", () => {
    expect(parse()).toEqual(resolveGateOptions({}));
  });

  test("reach the gate", () => {
    expect(
      parse(
        ..."--listen=:49001 --advertise=gate-1:49001 --http-listen=:8080 --ops-listen=localhost:9100".split(" "),
        ..."--etcd=a:1,b:2 --etcd-prefix=/other --shards=16 --preset=production --static=web".split(" "),
        ..."--cors-origin=https://a.example --cors-origin=https://b.example".split(" "),
      ),
    ).toMatchObject({
      listen: { host: undefined, port: 49001 },
      advertiseAddress: "gate-1:49001",
      httpListen: { host: undefined, port: 8080 },
      opsListen: { host: "localhost", port: 9100 },
      etcdEndpoints: ["a:1", "b:2"],
      etcdPrefix: "/other",
      shardCount: 16,
      times: { leaseTtlMs: 10_000 },
      staticDirectory: "web",
      corsOrigins: ["https://a.example", "https://b.example"],
    });
  });

  test.each([
    ["a number that is none", ["--shards=many"], /--shards "many" is not valid/],
    ["a gate without a name of its own", ["--listen=:49000"], /--advertise/],
    ["an origin with a path", ["--cors-origin=https://a.example/x"], /--cors-origin/],
    ["an etcd without a port", ["--etcd=localhost"], /--etcd/],
    ["a prefix without a slash", ["--etcd-prefix=goverse"], /--etcd-prefix/],
  ])("refuse %s and name the flag", (_name, argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
