import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCluster, startDevCluster } from "../support/dev-cluster.ts";
import { freePorts, fromSource, type Program, startProgram } from "../support/program.ts";

async function outcome(program: Program): Promise<{ code: number | null; output: string }> {
  const { code } = await program.exit;
  await program.destroy();
  return { code, output: program.output() };
}

describe("a program that is started wrongly says so in one line and ends", () => {
  test.each([
    ["apps/node/src/main.ts", ["--lisen", "localhost:1"], 2, /--lisen.*--listen/s],
    ["apps/gate/src/main.ts", ["--http-lisen", ":1"], 2, /--http-lisen.*--http-listen/s],
    ["apps/cluster/src/main.ts", ["--node", "3"], 2, /--node.*--nodes/s],
    ["apps/cluster/src/main.ts", ["--nodes", "many"], 2, /nodes.*many/s],
    ["apps/node/src/main.ts", ["--shards", "0", "--objects", "examples/chat/src/objects.ts"], 2, /shards.*0/s],
    ["apps/node/src/main.ts", ["--objects", "no/such/file.ts"], 1, /no\/such\/file\.ts/],
  ])("%s %j", async (entry, args, code, text) => {
    const ended = await outcome(startProgram([...fromSource(entry), ...args]));
    expect(ended.output).toMatch(text);
    expect(ended.output).not.toMatch(/\n\s+at /);
    expect(ended.code).toBe(code);
  });

  test("an etcd that cannot be reached is named", async () => {
    const [port, etcd] = [await freePorts(1), `localhost:${await freePorts(1)}`];
    const args = ["--listen", `localhost:${port}`, "--etcd", etcd, "--objects", "examples/chat/src/objects.ts"];
    const ended = await outcome(startProgram([...fromSource("apps/node/src/main.ts"), ...args]));
    expect(ended.output).toContain(etcd);
    expect(ended.output).not.toMatch(/\n\s+at /);
    expect(ended.code).toBe(1);
  });

  describe("when a port is taken", () => {
    let taken: Server;
    let port: number;
    beforeAll(async () => {
      port = await freePorts(1);
      taken = createServer();
      await new Promise<void>((resolve) => taken.listen(port, "localhost", resolve));
    });
    afterAll(() => taken.close());

    test("pnpm dev names the option that moves it, and leaves nothing behind", async () => {
      const first = await freePorts(6);
      const ended = await outcome(
        startProgram([
          ...fromSource("apps/cluster/src/main.ts"),
          "--nodes=1",
          "--shards=16",
          `--node-port=${first}`,
          `--metrics-port=${first + 1}`,
          `--gate-port=${first + 2}`,
          `--http-port=${port}`,
        ]),
      );
      expect(ended.output).toContain("--http-port");
      expect(ended.output).toContain(String(port));
      expect(ended.code).toBe(1);
    });
  });
});

describe("a cluster that is asked nonsense", () => {
  let cluster: DevCluster;
  beforeAll(async () => {
    cluster = await startDevCluster(["--shards", "64"], 2);
  });
  afterAll(() => cluster.program.destroy());

  const ok = { from: "ann", text: "hi" };
  test.each([
    ["an unknown type", "Chatroom/general/SendMessage", JSON.stringify(ok), 404, "UNKNOWN_TYPE"],
    ["an unknown method", "ChatRoom/general/Shout", JSON.stringify(ok), 404, "UNKNOWN_METHOD"],
    ["__proto__ as a method", "ChatRoom/general/__proto__", JSON.stringify(ok), 404, "UNKNOWN_METHOD"],
    ["constructor as a type", "constructor/general/SendMessage", JSON.stringify(ok), 404, "UNKNOWN_TYPE"],
    ["malformed JSON", "ChatRoom/general/SendMessage", '{"from":', 400, "INVALID_ARGUMENT"],
    ["a wrong field", "ChatRoom/general/SendMessage", '{"from":"ann","text":7}', 400, "INVALID_ARGUMENT"],
    [
      "a __proto__ key",
      "ChatRoom/general/SendMessage",
      '{"from":"a","text":"b","__proto__":{}}',
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "a body over the limit",
      "ChatRoom/general/SendMessage",
      JSON.stringify({ text: "x".repeat(2 ** 21) }),
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    ["control characters in an id", "ChatRoom/a%00b/SendMessage", JSON.stringify(ok), 400, "INVALID_ARGUMENT"],
    ["a shard that does not exist", "ChatRoom/shard%2364%2Fx/SendMessage", JSON.stringify(ok), 400, "INVALID_ARGUMENT"],
    ["an id that is too long", `ChatRoom/${"x".repeat(256)}/SendMessage`, JSON.stringify(ok), 400, "INVALID_ARGUMENT"],
  ])("%s", async (_name, path, body, status, code) => {
    const response = await fetch(`http://${cluster.gateHttp}/api/v1/call/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const answer = (await response.json()) as { code: string; error: string };
    expect([response.status, answer.code]).toEqual([status, code]);
    expect(answer.error).not.toMatch(/\n\s+at |node_modules|\.ts:/);
  });

  test("goes on as if nothing had happened", async () => {
    expect((await cluster.call("ChatRoom", "general", "SendMessage", ok)).status).toBe(200);
    expect(cluster.program.output()).not.toMatch(/ended \(/);
  });
});
