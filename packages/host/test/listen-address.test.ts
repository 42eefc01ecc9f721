import { describe, expect, it } from "vitest";
import { formatListenAddress, parseListenAddress } from "../src/index.ts";

describe("a listen address", () => {
  it.each([
    ["localhost:47000", { host: "localhost", port: 47_000 }],
    [":9090", { host: undefined, port: 9_090 }],
    ["[::1]:90", { host: "::1", port: 90 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["0", { host: "localhost", port: 0 }],
    ["8080", { host: "localhost", port: 8_080 }],
    ["node-1.example.org:65535", { host: "node-1.example.org", port: 65_535 }],
  ])("%s is read", (text, expected) => {
    const address = parseListenAddress("--listen", text);
    expect(address).toEqual(expected);
    expect(parseListenAddress("--listen", formatListenAddress(address))).toEqual(expected);
  });

  it.each([
    "",
    ":",
    "localhost",
    "localhost:",
    "a:-1",
    "a:65536",
    "a:1.5",
    "a b:1",
    "::1:90",
    "[::1]",
    "[x]:1",
    "http://a:1",
    "a:1/",
    "a:٣",
  ])("%j is refused with option, value and remedy", (text) => {
    expect(() => parseListenAddress("--listen", text)).toThrow(
      `--listen ${JSON.stringify(text)} is not valid: write host:port`,
    );
  });
});
