import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Server } from "@grpc/grpc-js";
import { parseAddress } from "@goverse/core";
import { afterEach, describe, expect, test } from "vitest";
import { addService, bind, createGrpcServer, PeerClient, stopGrpcServer } from "../src/grpc.ts";
import { Goverse } from "../src/index.ts";
import { Cleanups, deferred } from "./support/outcome.ts";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

function server(): Server {
  const created = createGrpcServer();
  cleanups.add(() => created.forceShutdown());
  return created;
}

describe("bind", () => {
  test.each(["127.0.0.1:0", "localhost:0", ":0"])("%s takes a free port and says which", async (listenAddress) => {
    const node = server();
    addService(node, Goverse, { callObject: async () => ({}) }, { onInternalError: () => {} });
    const port = await bind(node, listenAddress);
    const peer = new PeerClient(parseAddress(`localhost:${port}`));
    cleanups.add(() => peer.close());
    const call = { type: "T", id: "a", method: "M", payload: undefined, callId: "c" };
    await expect(peer.callObject(call, { timeoutMs: 5000 })).resolves.toBeDefined();
  });

  test("a taken port is one clear line: option, value, remedy", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    cleanups.add(() => other.close());
    const { port } = other.address() as AddressInfo;
    for (const host of ["127.0.0.1", "localhost"]) {
      await expect(bind(server(), `${host}:${port}`, "--advertise")).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: `--advertise ${host}:${port} is in use by another program: stop that program or choose another with --advertise`,
        details: { field: "--advertise" },
      });
    }
  });

  test("a port taken on all interfaces is found, too", async () => {
    const port = await bind(server(), ":0");
    await expect(bind(server(), `:${port}`)).rejects.toThrow(`--listen :${port} is in use by another program`);
  });

  test.each(["47000", "localhost", "localhost:x", "localhost:70000", "http://localhost:1", "a b:1", "::1:1"])(
    "%s is refused with the right form",
    async (listenAddress) => {
      await expect(bind(server(), listenAddress)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("write host:port"),
      });
    },
  );

  test("an address that is not ours and a name without one say so", async () => {
    await expect(bind(server(), "192.0.2.1:0")).rejects.toThrow("--listen 192.0.2.1:0 cannot be listened at");
    await expect(bind(server(), "nowhere.invalid:0")).rejects.toThrow("the name nowhere.invalid has no address here");
  });
});

describe("stopping", () => {
  test("lets a running call finish", async () => {
    const begun = deferred();
    const go = deferred();
    const node = server();
    const callObject = async (): Promise<{ epoch: bigint }> => {
      begun.resolve();
      await go.promise;
      return { epoch: 1n };
    };
    addService(node, Goverse, { callObject }, { onInternalError: () => {} });
    const peer = new PeerClient(parseAddress(`127.0.0.1:${await bind(node, "127.0.0.1:0")}`));
    cleanups.add(() => peer.close());
    const call = { type: "T", id: "a", method: "M", payload: undefined, callId: "c" };
    const reply = peer.callObject(call, { timeoutMs: 5000 });
    await begun.promise;
    const stopped = stopGrpcServer(node, 5000);
    go.resolve();
    expect(await reply).toEqual({ payload: undefined, epoch: 1 });
    expect(await stopped).toBe(true);
  });

  test("a server without connections is done at once", async () => {
    expect(await stopGrpcServer(new Server(), 5000)).toBe(true);
  });
});
