// The flame graph in a real browser, from the index page on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireTool } from "../support/tools.ts";
import { type ProfiledService, startService } from "./profiled-service.ts";

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

const executablePath = requireTool("chromium", "flame graphs in a browser");

let service: ProfiledService;
let context: BrowserContext;
let folder: string;

beforeAll(async () => {
  if (executablePath === undefined) return;
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "goverse-chromium-"));
  const viewport = { width: 1200, height: 700 };
  context = await chromium.launchPersistentContext(folder, { executablePath, args: QUIET, viewport });
});

afterAll(async () => {
  await context?.close();
  await service?.program.destroy();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Opens a page, and collects what goes wrong in it. */
async function open(url: string): Promise<{ page: Page; failures: string[] }> {
  const page = await context.newPage();
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("requestfailed", (request) => failures.push(`${request.url()}: ${request.failure()?.errorText ?? ""}`));
  page.on("console", (message) => {
    if (message.type() === "error") failures.push(message.text());
  });
  await page.goto(url);
  return { page, failures };
}

test.runIf(executablePath !== undefined)(
  "the index leads to a flame graph with the names of our own methods",
  async () => {
    const { page, failures } = await open(`${service.pprof}/`);
    await page.locator("td", { hasText: "Work in flight" }).waitFor();
    const link = page.locator("tr", { has: page.getByRole("link", { name: "profile", exact: true }) });
    const href = await link.getByRole("link", { name: "flame graph" }).getAttribute("href");
    // Two seconds are enough here.
    const stop = service.keepAsking("spend", 7.3);
    await page.goto(`${service.pprof}/${(href ?? "").replace("seconds%3D10", "seconds%3D2")}`);
    // The graph is drawn on a canvas; the table of the same profile is text.
    await page.getByText("Sandwich").click({ timeout: 20_000 });
    await page.getByText("busy-work.spendHalf").first().waitFor();
    await page.getByText("Left Heavy").click();
    await page.waitForTimeout(500);
    await stop();
    const path = process.env["GOVERSE_FLAME_GRAPH"];
    const picture = await page.screenshot(path === undefined ? {} : { path });
    expect(picture.byteLength).toBeGreaterThan(10_000);
    expect(failures).toEqual([]);
  },
);

test.runIf(executablePath !== undefined)("heap and trace are drawn too", async () => {
  await service.ask("leak", 100_000);
  for (const [source, name] of [
    ["heap", "busy-work.leakMessages"],
    ["trace?seconds=1", "ChatRoom.SendMessage"],
  ] as const) {
    const stop = service.keepAsking("send", 10);
    const profileUrl = encodeURIComponent(`/debug/pprof/${source}`);
    const { page, failures } = await open(`${service.pprof}/ui/#profileURL=${profileUrl}&title=${source.slice(0, 4)}`);
    await page.getByText("Sandwich").click({ timeout: 20_000 });
    if (source === "heap") await page.getByText(name).first().waitFor();
    await stop();
    expect([source, failures]).toEqual([source, []]);
  }
});

test.runIf(executablePath !== undefined)("a page of another site gets nothing", async () => {
  const { page } = await open("about:blank");
  await page.route("http://evil.example/", (route) => route.fulfill({ contentType: "text/html", body: "<p>evil" }));
  await page.goto("http://evil.example/");
  const status = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const script = document.createElement("script");
        script.addEventListener("load", () => resolve("loaded"));
        script.addEventListener("error", () => resolve("refused"));
        script.src = url;
        document.head.append(script);
      }),
    `${service.pprof}/cmdline`,
  );
  expect(status).toBe("refused");
});
