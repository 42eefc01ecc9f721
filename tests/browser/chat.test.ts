import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevCluster, startDevCluster } from "../support/dev-cluster.ts";
import { requireTool } from "../support/tools.ts";

/** Without these, Chromium calls home at every start and waits for the answers. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = requireTool("chromium", "the chat page in a browser");

let cluster: DevCluster;
const contexts: BrowserContext[] = [];
const folders: string[] = [];

beforeAll(async () => {
  if (executablePath !== undefined) cluster = await startDevCluster();
});
afterAll(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  await cluster?.program.destroy();
});

async function openChat(name: string): Promise<Page> {
  const folder = await mkdtemp(join(tmpdir(), "goverse-chromium-"));
  folders.push(folder);
  const context = await chromium.launchPersistentContext(folder, { executablePath: executablePath ?? "", args: QUIET });
  contexts.push(context);
  const page = await context.newPage();
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  await page.goto(`http://${cluster.gateHttp}/?name=${name}`);
  await page.locator("#state[data-state=online]").waitFor();
  await page.locator("#members li", { hasText: name }).waitFor();
  expect(failures).toEqual([]);
  return page;
}

test.runIf(executablePath !== undefined)(
  "a message from one browser and one from curl both arrive in a second browser",
  async () => {
    const ann = await openChat("ann");
    const bob = await openChat("bob");
    await ann.locator("#members li", { hasText: "bob" }).waitFor();

    await ann.locator("#text").fill("hello from the page");
    await ann.locator("#text").press("Enter");
    await bob.locator("#log li", { hasText: "hello from the page" }).waitFor();

    const sent = await cluster.call("ChatRoom", "general", "SendMessage", { from: "curl", text: "hello from curl" });
    expect(sent.status).toBe(200);
    for (const page of [ann, bob]) await page.locator("#log li", { hasText: "hello from curl" }).waitFor();
    expect(await bob.locator("#log li").count()).toBe(2);

    const path = process.env["GOVERSE_SCREENSHOT"];
    if (path !== undefined) await bob.screenshot({ path });
  },
);
