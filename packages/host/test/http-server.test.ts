import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { HttpServer, listenError, parseListenAddress, type RequestHandler } from "../src/index.ts";

const anyPort = parseListenAddress("test", "127.0.0.1:0");
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(handler: RequestHandler, maxConnections = 10): Promise<HttpServer> {
  const server = await HttpServer.start({ option: "--http-listen", address: anyPort, maxConnections, handler });
  cleanups.push(() => server.stop(0));
  return server;
}

async function dial(server: HttpServer): Promise<Socket> {
  const socket = connect(server.address.port, "127.0.0.1");
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

describe("an HTTP server", () => {
  it("says where it listens when the port was left to the system", async () => {
    const server = await start((_, response) => response.end("here"));
    expect(server.address.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.address.port}`);
    expect(await (await fetch(server.url)).text()).toBe("here");
  });

  it("listens on all interfaces for :0", async () => {
    const server = await HttpServer.start({
      option: "t",
      address: parseListenAddress("t", ":0"),
      maxConnections: 10,
      handler: (_, response) => response.end("here"),
    });
    cleanups.push(() => server.stop());
    expect(server.url).toBe(`http://localhost:${server.address.port}`);
    expect(await (await fetch(`http://127.0.0.1:${server.address.port}`)).text()).toBe("here");
  });

  it("explains a taken port by option, value and remedy", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    cleanups.push(() => taken.close());
    const { port } = taken.address() as { port: number };
    const address = { host: "127.0.0.1", port };
    const started = HttpServer.start({ option: "--metrics-listen", address, maxConnections: 1, handler: () => {} });
    await expect(started).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `--metrics-listen "127.0.0.1:${port}" is not valid: the port is taken by another process; stop that one or choose another port, for example 127.0.0.1:${port + 1}`,
    });
  });

  it.each([
    ["EACCES", "choose one from 1024 up"],
    ["EADDRNOTAVAIL", "this machine has no such address"],
    ["ENOTFOUND", "this machine has no such address"],
    ["EWEIRD", "the system refused it (EWEIRD)"],
  ])("explains %s", (code, remedy) => {
    const error = listenError("--listen", { host: "example.org", port: 80 }, Object.assign(new Error("x"), { code }));
    expect(error.message).toContain('--listen "example.org:80" is not valid: ');
    expect(error.message).toContain(remedy);
  });

  it("explains what gRPC says about a taken port, also the last one", () => {
    const cause = new Error(
      "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:65535]",
    );
    expect(listenError("--listen", { host: undefined, port: 65_535 }, cause).message).toContain("for example :65534");
  });

  it("closes connections over its limit", async () => {
    const server = await start((_, response) => response.end(), 1);
    const first = await dial(server);
    const second = await dial(server);
    await once(second, "close");
    expect(first.destroyed).toBe(false);
  });

  it("refuses headers that are too large", async () => {
    const server = await start((_, response) => response.end());
    const answer = await fetch(server.url, { headers: { large: "x".repeat(17_000) } });
    expect(answer.status).toBe(431);
  });

  it("lets a running request end when it stops, and takes no new one", async () => {
    let finish: () => void = () => {};
    const server = await start((_, response) => (finish = () => response.end("done")));
    const answer = fetch(server.url);
    const arrived = await untilSet(() => finish);
    // Its connection is kept alive after the answer; without being closed it would hold the stop for all of the grace.
    const stopped = server.stop(60_000);
    await expect(fetch(server.url)).rejects.toThrow();
    arrived();
    expect(await (await answer).text()).toBe("done");
    await stopped;
  });

  it("closes what does not end within the grace", async () => {
    let arrived = false;
    const server = await start(() => (arrived = true));
    const answer = fetch(server.url);
    answer.catch(() => {});
    while (!arrived) await new Promise((resolve) => setImmediate(resolve));
    await server.stop(0);
    await expect(answer).rejects.toThrow();
  });

  it("does not wait for idle connections when it stops", async () => {
    const server = await start((_, response) => response.end());
    const idle = await dial(server);
    idle.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(idle, "data");
    await Promise.all([once(idle, "close"), server.stop(60_000)]);
  });
});

async function untilSet(read: () => () => void): Promise<() => void> {
  const initial = read();
  while (read() === initial) await new Promise((resolve) => setImmediate(resolve));
  return read();
}
