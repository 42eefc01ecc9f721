import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { burn, decodeAnswer, type Service, startService } from "./support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService({ maxSeconds: 60 });
});

afterAll(() => service.stop());

describe("answers are those of Go's handlers", () => {
  test.each(["allocs", "block", "goroutine", "heap", "mutex", "threadcreate"])("%s", async (name) => {
    const response = await service.get(`/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${name}"`);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-encoding")).toBeNull();
    const profile = await decodeAnswer(response);
    expect(profile.types.length).toBeGreaterThan(0);
  });

  test.each([
    ["/nothing", 404, "Unknown profile"],
    ["/ui/nothing.js", 404, "no such file"],
    ["/ui/..%2findex.html", 404, "no such file"],
    ["/heap?seconds=-1", 400, `invalid value for "seconds" - must be a positive integer`],
    ["/heap?seconds=abc", 400, `invalid value for "seconds" - must be a positive integer`],
    ["/heap?seconds=1e9", 400, `invalid value for "seconds" - must be a positive integer`],
    ["/heap?seconds=1&debug=1", 400, "seconds and debug params are incompatible"],
    ["/mutex?seconds=1000000000", 400, "profile duration exceeds the limit of 60 seconds"],
    ["/profile?seconds=1000000000", 400, "profile duration exceeds the limit of 60 seconds"],
    ["/profile?seconds=1&hz=0", 400, `invalid value for "hz" - must be an integer from 1 to 1000`],
    ["/profile?seconds=1&hz=1e9", 400, `invalid value for "hz" - must be an integer from 1 to 1000`],
    ["/trace?seconds=1e9", 400, "trace duration exceeds the limit of 60 seconds"],
    ["/heapsnapshot", 404, "Unknown profile"],
  ])("%s: %i %s", async (path, status, text) => {
    const response = await service.get(path);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("x-go-pprof")).toBe("1");
    expect(response.headers.get("content-disposition")).toBeNull();
    expect(await response.text()).toBe(`${text}\n`);
  });

  test("routes for reading take no POST, except symbol", async () => {
    for (const name of ["", "heap", "profile", "trace", "cmdline", "goroutine"]) {
      const response = await service.get(`/${name}`, { method: "POST" });
      expect([name, response.status, response.headers.get("allow")]).toEqual([name, 405, "GET"]);
    }
    const symbol = await service.get("/symbol", { method: "POST", body: "0x1" });
    expect(await symbol.text()).toBe("num_symbols: 0\n");
  });

  test("the path without its slash leads to the index", async () => {
    const response = await service.get("");
    expect([response.status, response.headers.get("location")]).toEqual([302, "/debug/pprof/"]);
  });

  test("the index names every profile, with a link and a meaning", async () => {
    const response = await service.get("/");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const text = await response.text();
    const names = [
      "allocs",
      "block",
      "cmdline",
      "goroutine",
      "heap",
      "mutex",
      "profile",
      "symbol",
      "threadcreate",
      "trace",
    ];
    for (const name of names) expect(text).toContain(`>${name}</a>`);
    expect(text).toContain("flame graph");
  });

  test("the command line is joined by zeros", async () => {
    const response = await service.get("/cmdline");
    expect((await response.text()).split("\0")[0]).toBe(process.execPath);
  });

  test.each(["allocs", "block", "goroutine", "heap", "mutex", "threadcreate"])("%s as text", async (name) => {
    for (const debug of [1, 2, 9]) {
      const response = await service.get(`/${name}?debug=${debug}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    }
  });
});

describe("CPU profiles", () => {
  const busy = /service\.burn$/;

  test("three at once all succeed, and each shows what ran", async () => {
    const requests = ["1", "1", "2"].map((seconds) => service.get(`/profile?seconds=${seconds}`));
    const timer = setInterval(() => burn(50), 60);
    const answers = await Promise.all(requests);
    clearInterval(timer);
    for (const answer of answers) {
      expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="profile"`);
      const profile = await decodeAnswer(answer);
      expect(profile.types).toEqual(["samples/count", "cpu/nanoseconds"]);
      expect([profile.period, profile.defaultType]).toEqual([10_000_000, "cpu"]);
      expect(profile.durationMs).toBeGreaterThanOrEqual(1000);
      expect(profile.sum("cpu", busy)).toBeGreaterThan(profile.sum("cpu") / 2);
      expect(profile.sum("cpu", /idle/)).toBe(0);
      expect(profile.comments.join()).toContain("CPU time of all threads");
    }
  });

  test("idle time is there when asked for, and the raw recording for DevTools", async () => {
    const [idle, raw] = await Promise.all([
      service.get("/profile?seconds=1&idle=1"),
      service.get("/profile?seconds=1&format=cpuprofile"),
    ]);
    const profile = await decodeAnswer(idle);
    expect(profile.sum("cpu", /\(idle\)/)).toBeGreaterThan(0);
    expect(Object.keys((await raw.json()) as object)).toEqual(
      expect.arrayContaining(["nodes", "samples", "timeDeltas"]),
    );
  });

  test("another rate has a sampler of its own, one at a time", async () => {
    const first = service.get("/profile?seconds=1&hz=1000");
    const second = await service.get("/profile?seconds=1&hz=500");
    expect([second.status, await second.text()]).toEqual([
      500,
      "Could not enable CPU profiling: cpu profiling already in use\n",
    ]);
    expect((await decodeAnswer(await first)).period).toBe(1_000_000);
  });

  test("fifty at once: as many as allowed succeed, the others have Go's answer", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.get("/profile?seconds=1")));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 500)).toHaveLength(42);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  });

  test("a client that goes frees its place at once", async () => {
    const { port } = new URL(service.url);
    let refused = 0;
    // One more than there are places: when it is refused, all the others record.
    const sockets = Array.from({ length: 9 }, () => {
      const socket = createConnection({ port: Number(port), host: "127.0.0.1" });
      socket.once("data", () => (refused += 1));
      socket.write("GET /debug/pprof/profile?seconds=60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      return socket;
    });
    await expect.poll(() => refused, { timeout: 10_000 }).toBe(1);
    expect((await service.get("/profile?seconds=1")).status).toBe(500);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await service.get("/profile?seconds=1")).status, { timeout: 10_000 }).toBe(200);
  });

  test("a server's own time limit does not cut a profile short", async () => {
    const limited = await startService({}, { started: false });
    limited.server.setTimeout(300);
    expect((await limited.get("/profile?seconds=1")).status).toBe(200);
    await limited.stop();
  });
});

test("stopping ends recordings early and sends what there is", async () => {
  const short = await startService();
  const answers = ["/profile?seconds=50", "/trace?seconds=50", "/mutex?seconds=50"].map((path) => short.get(path));
  const begunAtMs = performance.now();
  await expect.poll(async () => (await short.get("/trace")).status).toBe(500);
  const stopped = short.stop();
  const [cpu, trace, delta] = await Promise.all(answers);
  expect((await decodeAnswer(cpu as Response)).types).toHaveLength(2);
  expect(trace?.status).toBe(200);
  expect((await decodeAnswer(delta as Response)).types).toHaveLength(2);
  await stopped;
  expect(performance.now() - begunAtMs).toBeLessThan(30_000);
}, 40_000);
