import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCluster, startDevCluster } from "../support/dev-cluster.ts";
import { isAlive, until } from "../support/program.ts";
import { scrape, sum, sumOver } from "../support/scrape.ts";

const SHARDS = 8192;

describe("pnpm dev", () => {
  let cluster: DevCluster;
  beforeAll(async () => {
    cluster = await startDevCluster();
  });
  afterAll(() => cluster.program.destroy());

  test("reaches ready with three nodes and a gate, and prints how long it took", () => {
    const [, seconds] = /^ready \((\d+\.\d\d) s after the last node listened\)/m.exec(cluster.program.output()) ?? [];
    console.log(`from the last node listening to all ready: ${seconds} s`);
    expect(Number(seconds)).toBeGreaterThan(0);
  });

  test("the nodes' shards sum to 8192, evenly, and none is on the move", async () => {
    const shares = await Promise.all(
      cluster.nodes.map(async (node) => sum(await scrape(node), "goverse_shards_total")),
    );
    expect(shares.reduce((total, share) => total + share, 0)).toBe(SHARDS);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    await until(async () => (await sumOver(cluster.nodes, "goverse_shards_migrating")) === 0);
  });

  test("every process is healthy and ready", async () => {
    for (const address of [...cluster.nodes, cluster.gateHttp]) {
      expect((await fetch(`http://${address}/healthz`)).status).toBe(200);
      expect((await fetch(`http://${address}/ready`)).status).toBe(200);
    }
  });

  test("after 100 calls, 7 of them failing, the counters say 93 and 7 and the histograms agree", async () => {
    for (let index = 0; index < 100; index += 1) {
      const text = index % 15 === 3 ? "far too long ".repeat(100) : `message ${index}`;
      const response = await cluster.call("ChatRoom", `counted-${index % 8}`, "SendMessage", { from: "ann", text });
      expect(response.status).toBe(index % 15 === 3 ? 422 : 200);
    }
    const labels = { object_type: "ChatRoom", method_name: "SendMessage" };
    for (const [status, count] of [
      ["success", 93],
      ["failure", 7],
    ] as const) {
      expect(await sumOver(cluster.nodes, "goverse_method_calls_total", { ...labels, status })).toBe(count);
      expect(await sumOver(cluster.nodes, "goverse_method_call_duration_count", { ...labels, status })).toBe(count);
    }
    expect(await sumOver(cluster.nodes, "goverse_objects_total", { type: "ChatRoom" })).toBe(8);
  });

  test("a declared failure carries its data to an HTTP caller", async () => {
    const response = await cluster.call("ChatRoom", "general", "SendMessage", { from: "ann", text: "x".repeat(281) });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: "DECLARED",
      details: { declared: { name: "TooLong", data: { maxLength: 280 } } },
    });
  });

  test("the gate serves the chat page and its program", async () => {
    expect(await (await fetch(`http://${cluster.gateHttp}/`)).text()).toContain("<title>GoVerse chat</title>");
    const program = await fetch(`http://${cluster.gateHttp}/app.js`);
    expect(program.headers.get("content-type")).toMatch(/javascript/);
  });
});

describe("the end of pnpm dev", () => {
  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s to the supervisor ends every process", async (signal) => {
    const cluster = await startDevCluster(["--shards", "64"]);
    const pids = [0, 1, 2].map((index) => cluster.nodePid(index));
    expect(pids.every(isAlive)).toBe(true);
    cluster.program.signal(signal);
    await cluster.program.exit;
    await until(() => !pids.some(isAlive), 15_000);
    await until(
      async () =>
        !(await fetch(`http://${cluster.gateHttp}/healthz`).then(
          () => true,
          () => false,
        )),
      5_000,
    );
  });
});
