import { afterAll, beforeAll, describe, test } from "vitest";
import { requireTool } from "../support/tools.ts";
import { Corner, embeddedTarget, realTarget, type Target } from "./contract-target.ts";
import { kvBehaviours } from "./kv-behaviours.ts";
import { leaseBehaviours } from "./lease-behaviours.ts";
import { txnBehaviours } from "./txn-behaviours.ts";
import { watchBehaviours } from "./watch-behaviours.ts";

const TEST_TIMEOUT_MS = 30_000;

const servers: [name: string, start: () => Promise<Target>][] = [["the embedded server", embeddedTarget]];
if (requireTool("etcd", "the contract on a real etcd") !== undefined) servers.push(["etcd", realTarget]);

const chapters = { kv: kvBehaviours, txn: txnBehaviours, lease: leaseBehaviours, watch: watchBehaviours };

describe.each(servers)("%s", (_, start) => {
  let target: Target;
  beforeAll(async () => {
    target = await start();
  }, TEST_TIMEOUT_MS);
  afterAll(() => target.stop());

  describe.each(Object.entries(chapters))("%s", (_, behaviours) => {
    test.each(Object.entries(behaviours))("%s", { timeout: TEST_TIMEOUT_MS }, async (_, behaviour) => {
      const corner = new Corner(target.client);
      try {
        await behaviour(corner);
      } finally {
        corner.close();
      }
    });
  });
});
