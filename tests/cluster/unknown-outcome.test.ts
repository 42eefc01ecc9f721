import { join } from "node:path";
import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import { afterEach, expect, test } from "vitest";
import { freePorts, fromSource, ROOT, startProgram, until } from "../support/program.ts";
import { scrape, sum } from "../support/scrape.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test("a call in flight on a killed node ends as UNKNOWN_OUTCOME with its id, at once", async () => {
  const etcd = await startEmbeddedEtcd();
  cleanUps.push(() => etcd.stop());
  const port = await freePorts(4);
  const [nodeHttp, gateHttp] = [`localhost:${port + 1}`, `localhost:${port + 3}`];
  const shared = [`--etcd=${etcd.address}`, "--shards=16", "--preset=local"];
  const objects = join(ROOT, "tests", "support", "holder.ts");
  const node = startProgram([
    ...fromSource("apps/node/src/main.ts"),
    `--listen=localhost:${port}`,
    `--metrics-listen=${nodeHttp}`,
    `--objects=${objects}`,
    ...shared,
  ]);
  cleanUps.push(() => node.destroy());
  const gate = startProgram([
    ...fromSource("apps/gate/src/main.ts"),
    `--listen=localhost:${port + 2}`,
    `--http-listen=${gateHttp}`,
    ...shared,
  ]);
  cleanUps.push(() => gate.destroy());
  await until(async () => (await fetch(`http://${gateHttp}/ready`)).ok);

  const hold = fetch(`http://${gateHttp}/api/v1/call/Holder/one/Hold`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ms: 8000 }),
  });
  await until(async () => sum(await scrape(nodeHttp), "goverse_objects_total") === 1);
  // Who looks at the node meanwhile sees the turn.
  const inFlight = await (await fetch(`http://${nodeHttp}/debug/pprof/goroutine?debug=2`)).text();
  expect(inFlight).toContain("Holder.Hold");

  const startMs = performance.now();
  node.signal("SIGKILL");
  const response = await hold;
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    code: "UNKNOWN_OUTCOME",
    details: { callId: expect.stringMatching(/\S{8}/) },
  });
  // It is told when the connection breaks, not when the call's deadline passes.
  expect(performance.now() - startMs).toBeLessThan(4000);
});
