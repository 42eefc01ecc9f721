import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { GoverseError, silentLogger } from "@goverse/core";
import { createMetrics, type GoverseMetrics, ObjectCounts } from "@goverse/metrics";
import Koa from "koa";
import { afterEach, describe, expect, it } from "vitest";
import {
  createHttpApp,
  createOpsRouter,
  HttpServer,
  jsonErrors,
  OpsServer,
  type OpsServerOptions,
  parseListenAddress,
  type Readiness,
  requireLoopbackOrToken,
} from "../src/index.ts";

const anyPort = parseListenAddress("test", "127.0.0.1:0");
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function createNode(): GoverseMetrics {
  return createMetrics({ node: "localhost:47000", role: "node", processMetrics: false });
}

async function start(options: Partial<OpsServerOptions> = {}): Promise<OpsServer> {
  const server = await OpsServer.start({
    address: anyPort,
    metrics: createNode(),
    readiness: () => ({ ready: true }),
    ...options,
  });
  cleanups.push(() => server.stop());
  return server;
}

/** A request without the conveniences of fetch: the bytes and headers as they are. */
function raw(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, ...options }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts) }),
      );
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

describe("/healthz and /ready", () => {
  it("say that the process lives", async () => {
    const { url } = await start({ readiness: () => ({ ready: false, reason: "no etcd" }) });
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("say whether it should get work, and go back to not ready", async () => {
    let state: Readiness = { ready: false, reason: "waiting for shards" };
    const { url } = await start({ readiness: () => state });
    const ask = async (): Promise<unknown> => {
      const answer = await fetch(`${url}/ready`);
      return [answer.status, await answer.json()];
    };
    expect(await ask()).toEqual([503, { status: "not ready", reason: "waiting for shards" }]);
    state = { ready: true };
    expect(await ask()).toEqual([200, { status: "ready" }]);
    state = { ready: false, reason: "stopping" };
    expect(await ask()).toEqual([503, { status: "not ready", reason: "stopping" }]);
  });
});

describe("/metrics", () => {
  it("is plain text for curl", async () => {
    const { url } = await start();
    const { status, headers, body } = await raw(`${url}/metrics`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(headers["content-encoding"]).toBeUndefined();
    expect(Number(headers["content-length"])).toBe(body.length);
    expect(body.toString()).toContain('goverse_shard_claims_total{node="localhost:47000"} 0\n');
  });

  it("is OpenMetrics, compressed, for Prometheus", async () => {
    const { url } = await start();
    const { headers, body } = await raw(`${url}/metrics`, {
      headers: { Accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "Accept-Encoding": "gzip" },
    });
    expect(headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(headers["content-encoding"]).toBe("gzip");
    expect(headers["vary"]).toBe("Accept, Accept-Encoding");
    expect(gunzipSync(body).toString().endsWith("# EOF\n")).toBe(true);
  });

  it.each(["gzip", "identity"])("arrives whole when it is large (%s)", async (encoding) => {
    const metrics = createNode();
    const counts = new ObjectCounts(8_192);
    const type = counts.typeIndex("ChatRoom");
    for (let shard = 0; shard < 8_192; shard += 1) counts.activated(type, shard);
    metrics.observeObjects(counts);
    const { url } = await start({ metrics });
    const { headers, body } = await raw(`${url}/metrics`, { headers: { "Accept-Encoding": encoding } });
    const page = (encoding === "gzip" ? gunzipSync(body) : body).toString();
    expect(page.match(/^goverse_objects_total\{/gm)).toHaveLength(8_192);
    expect(page.endsWith("\n")).toBe(true);
    expect(headers["content-encoding"]).toBe(encoding === "gzip" ? "gzip" : undefined);
    if (encoding === "gzip") expect(body.length).toBeLessThan(page.length / 5);
  });

  it("holds the metrics that were asked for", async () => {
    const { url } = await start();
    const page = await (
      await fetch(`${url}/metrics?name[]=goverse_shard_claims_total&name[]=goverse_lease_lost_total`)
    ).text();
    expect(page.match(/^# TYPE (\S+)/gm)).toEqual([
      "# TYPE goverse_shard_claims_total",
      "# TYPE goverse_lease_lost_total",
    ]);
    const many = Array.from({ length: 201 }, (_, i) => `name[]=n${i}`).join("&");
    expect((await fetch(`${url}/metrics?${many}`)).status).toBe(400);
  });

  it("answers HEAD with the headers alone, without rendering", async () => {
    let scrapes = 0;
    const metrics = createNode();
    const { url } = await start({ metrics: { expose: (options) => ((scrapes += 1), metrics.expose(options)) } });
    const { status, headers, body } = await raw(`${url}/metrics`, { method: "HEAD" });
    expect([status, headers["content-type"], body.length, scrapes]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
      0,
      0,
    ]);
  });

  it("asks for the token when there is one; probes do not", async () => {
    const { url } = await start({ token: "s3cret" });
    const bare = await fetch(`${url}/metrics`);
    expect([bare.status, bare.headers.get("www-authenticate"), ((await bare.json()) as { code: string }).code]).toEqual(
      [401, "Bearer", "UNAUTHENTICATED"],
    );
    for (const authorization of ["Bearer wrong", "Bearer s3cret2", "Basic s3cret", "Bearer "]) {
      expect((await fetch(`${url}/metrics`, { headers: { authorization } })).status).toBe(401);
    }
    const authorization = "Bearer s3cret";
    expect((await fetch(`${url}/metrics`, { headers: { authorization } })).status).toBe(200);
    expect((await fetch(`${url}/sd`)).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it("stays with a failing scrape: 500 as JSON, the detail in the log only", async () => {
    const logged: unknown[] = [];
    const logger = { ...silentLogger, error: (_: string, fields?: object) => void logged.push(fields) };
    const { url } = await start({ metrics: { expose: () => Promise.reject(new Error("inside")) }, logger });
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.json()]).toEqual([500, { error: "internal error", code: "INTERNAL" }]);
    expect(logged).toMatchObject([{ path: "/metrics", error: new Error("inside") }]);
  });
});

describe("/sd", () => {
  it("is an empty list for a process that knows nobody", async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/sd`);
    expect([answer.status, answer.headers.get("content-type"), await answer.json()]).toEqual([
      200,
      "application/json; charset=utf-8",
      [],
    ]);
  });

  it("lists what the process knows now", async () => {
    const group = { targets: ["localhost:9090"], labels: { role: "node", node: "localhost:47000" } };
    const { url } = await start({ scrapeTargets: () => [group] });
    expect(await (await fetch(`${url}/sd`)).json()).toEqual([group]);
  });
});

describe("everything else", () => {
  it("is JSON too: unknown routes, wrong methods, bad requests", async () => {
    const { url } = await start({
      mount: (app) =>
        app.use((ctx) => {
          if (ctx.path === "/bad") throw new GoverseError("INVALID_ARGUMENT", "seconds must be a number");
          if (ctx.path === "/upstream") throw Object.assign(new Error("inside"), { status: 502 });
        }),
    });
    const missing = await fetch(`${url}/nothing`);
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { error: "there is no /nothing here", code: "NOT_FOUND" },
    ]);
    const posted = await fetch(`${url}/metrics`, { method: "POST" });
    expect([posted.status, posted.headers.get("allow"), await posted.json()]).toEqual([
      405,
      "HEAD, GET",
      { error: "/metrics takes HEAD, GET, not POST", code: "METHOD_NOT_ALLOWED" },
    ]);
    const upstream = await fetch(`${url}/upstream`);
    expect([upstream.status, await upstream.json()]).toEqual([500, { error: "internal error", code: "INTERNAL" }]);
    const bad = await fetch(`${url}/bad`);
    expect([bad.status, await bad.json()]).toEqual([
      400,
      { error: "seconds must be a number", code: "INVALID_ARGUMENT" },
    ]);
  });

  it("can be mounted beside other routes of a Koa application", async () => {
    const app = new Koa();
    app.use(jsonErrors(silentLogger));
    const router = createOpsRouter({ metrics: createNode(), readiness: () => ({ ready: true }) });
    app.use(router.routes()).use(router.allowedMethods());
    app.use((ctx) => {
      if (ctx.path === "/api") ctx.body = { mine: true };
    });
    const handler = app.callback();
    const server = await HttpServer.start({
      option: "--http-listen",
      address: anyPort,
      maxConnections: 10,
      handler: (a, b) => void handler(a, b),
    });
    cleanups.push(() => server.stop());
    expect(await (await fetch(`${server.url}/api`)).json()).toEqual({ mine: true });
    const api = await fetch(`${server.url}/api`);
    expect(api.headers.get("cache-control")).toBeNull();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe("routes for this machine", () => {
  async function guarded(token: string | undefined): Promise<string> {
    const app = createHttpApp(silentLogger);
    app.use(requireLoopbackOrToken(token));
    app.use((ctx) => {
      ctx.body = "inside";
    });
    const handler = app.callback();
    const server = await HttpServer.start({
      option: "t",
      address: anyPort,
      maxConnections: 10,
      handler: (a, b) => void handler(a, b),
    });
    cleanups.push(() => server.stop());
    return server.url;
  }

  it("are open to it, and to nobody who came through a proxy", async () => {
    const url = await guarded(undefined);
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url, { headers: { "X-Forwarded-For": "10.0.0.9" } })).status).toBe(403);
    expect((await fetch(url, { headers: { Forwarded: "for=10.0.0.9" } })).status).toBe(403);
  });

  it("are open to others with the token", async () => {
    const url = await guarded("s3cret");
    const proxied = { "X-Forwarded-For": "10.0.0.9" };
    expect((await fetch(url, { headers: proxied })).status).toBe(401);
    expect((await fetch(url, { headers: { ...proxied, Authorization: "Bearer s3cret" } })).status).toBe(200);
  });
});
