import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { decideAccess } from "../src/http/access.ts";
import { redactArgs } from "../src/http/cmdline.ts";
import { startService } from "./support/service.ts";

const TOKEN = "a-long-enough-token";

function request(address: string, headers: Readonly<Record<string, string>> = {}): IncomingMessage {
  return {
    headers: { host: "localhost:8080", ...headers },
    socket: { remoteAddress: address },
  } as unknown as IncomingMessage;
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

describe("without a token only this machine is let in", () => {
  test.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])("%s is this machine", (address) => {
    expect(decideAccess(request(address), undefined).allowed).toBe(true);
  });

  test.each(["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "1127.0.0.1", ""])("%s is not", (address) => {
    expect(decideAccess(request(address), undefined)).toMatchObject({ allowed: false, status: 403 });
  });

  test.each([
    ["forwarded", "for=127.0.0.1"],
    ["x-forwarded-for", "127.0.0.1"],
    ["x-real-ip", "127.0.0.1"],
    ["via", "1.1 proxy"],
  ])("a request that came through a proxy is not, whatever it says: %s", (name, value) => {
    expect(decideAccess(request("127.0.0.1", { [name]: value }), undefined)).toMatchObject({ status: 403 });
    expect(decideAccess(request("127.0.0.1", { [name]: value }), TOKEN)).toMatchObject({ status: 401 });
  });

  test.each(["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "app.localhost"])(
    "under the name %s",
    (host) => {
      expect(decideAccess(request("127.0.0.1", { host }), undefined).allowed).toBe(true);
    },
  );

  test.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", ""])(
    "not under a name that a page can give it: %s",
    (host) => {
      expect(decideAccess(request("127.0.0.1", { host }), undefined)).toMatchObject({ status: 403 });
    },
  );
});

describe("a token lets others in", () => {
  test.each([
    ["as Bearer", `Bearer ${TOKEN}`],
    ["whatever the case of the scheme", `bearer ${TOKEN}`],
    ["as the password of Basic", basic(`x:${TOKEN}`)],
    ["as the password without a name", basic(`:${TOKEN}`)],
  ])("%s", (_, authorization) => {
    const decision = decideAccess(request("10.0.0.1", { authorization, host: "node.example:8080" }), TOKEN);
    expect(decision).toEqual({ allowed: true, by: "token" });
  });

  test.each([
    ["none", ""],
    ["another", "Bearer another-token"],
    ["a part of it", `Bearer ${TOKEN.slice(1)}`],
    ["as the name of Basic", basic(`${TOKEN}:x`)],
    ["broken Basic", "Basic !"],
    ["another scheme", `Digest ${TOKEN}`],
  ])("not: %s", (_, authorization) => {
    expect(decideAccess(request("10.0.0.1", { authorization }), TOKEN)).toMatchObject({ allowed: false, status: 401 });
  });
});

test.each(["cross-site", "same-site", "anything"])("pages of other sites are refused: %s", (site) => {
  const headers = { "sec-fetch-site": site, authorization: `Bearer ${TOKEN}` };
  expect(decideAccess(request("127.0.0.1", headers), TOKEN)).toMatchObject({ allowed: false, status: 403 });
});

test.each(["same-origin", "none"])("our own page and the address bar are not: %s", (site) => {
  expect(decideAccess(request("127.0.0.1", { "sec-fetch-site": site }), undefined).allowed).toBe(true);
});

test("a refusal says what to do, and the log has every access", async () => {
  const lines: unknown[] = [];
  const logger = { info: (_: string, fields: unknown) => void lines.push(fields), warn: () => undefined };
  const service = await startService({ access: { token: TOKEN }, logger }, { started: false });
  const refused = await service.get("/mutex", { headers: { "X-Forwarded-For": "10.0.0.1" } });
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="profiling", Bearer']);
  const headers = { "X-Forwarded-For": "10.0.0.1", Authorization: `Bearer ${TOKEN}` };
  expect((await service.get("/mutex?gc=1", { headers })).status).toBe(200);
  await service.stop();
  expect(lines).toMatchObject([
    { path: "/debug/pprof/mutex", status: 401, peer: "127.0.0.1" },
    { path: "/debug/pprof/mutex", status: 200, query: "gc=1" },
  ]);
  expect(JSON.stringify(lines)).not.toContain(TOKEN);
});

test("secrets of a command line are hidden", () => {
  const args = ["node", "a.js", "--token=abc", "--api-key", "def", "-password=ghi", "--port=1", "--verbose", "x"];
  expect(redactArgs([...args, "--etcd=http://me:jkl@host:1", "--secret"])).toEqual([
    "node",
    "a.js",
    "--token=REDACTED",
    "--api-key",
    "REDACTED",
    "-password=REDACTED",
    "--port=1",
    "--verbose",
    "x",
    "--etcd=http://me:REDACTED@host:1",
    "--secret",
  ]);
});
