import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gate } from "../src/index.ts";
import { startCluster, type TestCluster } from "./support/cluster.ts";
import { send, sendTarget } from "./support/http-client.ts";

let cluster: TestCluster;
let folder: string;
let site: string;
let gate: Gate;
let http: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "goverse-gate-"));
  site = join(folder, "site");
  await mkdir(join(site, "sub"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(site, "index.html"), "<h1>home</h1>");
  await writeFile(join(site, "app.js"), "export {};");
  await writeFile(join(site, "style.css"), "h1 {}");
  await writeFile(join(site, ".env"), "secret");
  await writeFile(join(site, "sub", "index.html"), "<h1>sub</h1>");
  await symlink(join(folder, "secret.txt"), join(site, "link.txt"));
  cluster = await startCluster("a");
  gate = await cluster.addGate({ staticDirectory: site });
  http = gate.httpAddress as string;
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

describe("a gate that serves a folder", () => {
  test.each([
    ["/", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/index.html", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/sub/", "text/html; charset=utf-8", "<h1>sub</h1>"],
    ["/app.js?v=1", "text/javascript; charset=utf-8", "export {};"],
    ["/style.css", "text/css; charset=utf-8", "h1 {}"],
  ])("answers %s with %s", async (path, type, text) => {
    const response = await fetch(`http://${http}${path}`);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([200, type, text]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("lets browsers ask whether a file has changed", async () => {
    const first = await fetch(`http://${http}/app.js`);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const etag = first.headers.get("etag") ?? "";
    const headers = { "If-None-Match": etag, "Cache-Control": "max-age=0" };
    const ask = async (): Promise<number> => (await fetch(`http://${http}/app.js`, { headers })).status;
    expect(await ask()).toBe(304);
    await writeFile(join(site, "app.js"), "export const changed = true;");
    expect(await ask()).toBe(200);
  });

  test.each([
    ["a file that is not there", "/none.js", 404],
    ["a folder without a slash", "/sub", 404],
    ["a hidden file", "/.env", 404],
    ["a link out of the folder", "/link.txt", 404],
    ["a way out", "/../secret.txt", 400],
    ["an encoded way out", "/%2e%2e/secret.txt", 400],
    ["a way out behind an encoded slash", "/sub%2f..%2f..%2fsecret.txt", 400],
    ["an absolute path", `//etc/passwd`, 404],
  ])("does not serve %s", async (_name, target, status) => {
    const answer = await sendTarget(http, target);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain("secret\n");
    expect(JSON.parse(answer.body)).toMatchObject({ code: expect.any(String) as string });
  });

  test("serves no folder that does not exist", async () => {
    const wrong = new Gate({ listenAddress: "localhost:0", staticDirectory: join(folder, "nowhere") });
    await expect(wrong.start()).rejects.toThrow(/staticDirectory \(--static\).*existing folder/);
  });
});

describe("the routes for operators", () => {
  test("are on the clients' port unless they have one of their own", async () => {
    expect(gate.opsAddress).toBe(http);
    expect(await send(http, "/healthz")).toMatchObject({ status: 200, json: { status: "ok" } });
    expect(await send(http, "/ready")).toMatchObject({ status: 200, json: { status: "ready" } });
    const metrics = await fetch(`http://${http}/metrics`);
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await metrics.text()).toContain(`goverse_clients_connected{node="${gate.address}",client_type="sse"} 0`);
    expect((await send(http, "/sd")).json).toEqual([
      expect.objectContaining({
        targets: [http],
        labels: expect.objectContaining({ goverse_node: gate.address }) as unknown,
      }),
    ]);
  });

  test("leave the clients' port when they have one of their own, and may ask for a token", async () => {
    const moved = await cluster.addGate({ opsListenAddress: "localhost:0", opsToken: "open-sesame" });
    const ops = moved.opsAddress as string;
    expect(ops).not.toBe(moved.httpAddress);
    for (const path of ["/metrics", "/healthz", "/ready", "/sd"]) {
      expect((await fetch(`http://${moved.httpAddress}${path}`)).status).toBe(404);
    }
    expect((await fetch(`http://${ops}/healthz`)).status).toBe(200);
    expect((await fetch(`http://${ops}/metrics`)).status).toBe(401);
    const headers = { Authorization: "Bearer open-sesame" };
    expect((await fetch(`http://${ops}/metrics`, { headers })).status).toBe(200);
    await moved.stop();
  });
});

describe("a gate that cannot start", () => {
  test("names the option of a port that is taken, and leaves nothing open", async () => {
    const taken = new Gate({
      listenAddress: "localhost:0",
      httpListenAddress: http,
      etcdAddress: cluster.etcd.address,
    });
    await expect(taken.start()).rejects.toThrow(/httpListenAddress \(--http-listen\)/);
    await expect(taken.ready).rejects.toThrow(/stopped/);
  });

  test("says that etcd does not answer", async () => {
    const lost = new Gate({ listenAddress: "localhost:0", etcdAddress: "localhost:1" });
    await expect(lost.start()).rejects.toThrow(/etcd does not answer at localhost:1/);
  }, 10_000);

  test("can be stopped while it starts, and before", async () => {
    const early = new Gate({ listenAddress: "localhost:0" });
    await early.stop();
    await expect(early.start()).rejects.toThrow(/started once/);
    const starting = new Gate({ listenAddress: "localhost:0", etcdAddress: "localhost:1" });
    const started = starting.start();
    await starting.listening;
    await starting.stop();
    await expect(started).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
