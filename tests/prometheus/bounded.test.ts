// What callers make up does not reach labels.
import { contract } from "@goverse/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseSamples, type ScrapedSample, scrapeText, sum } from "../support/scrape.ts";
import { SmallCluster } from "./small-cluster.ts";
import { Thing } from "./things.ts";

const HOSTILE_NAMES = 10_000;
/** Calls on their way at a time. */
const AT_A_TIME = 100;
/** Ten thousand calls take some seconds, and much longer where other work goes on beside. */
const TIMEOUT_MS = 120_000;

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = await SmallCluster.start();
});
afterEach(() => cluster.stop());

test(
  `${HOSTILE_NAMES} made-up types and methods from a client add no series, and every call is counted`,
  async () => {
    const node = await cluster.addNode();
    const gate = await cluster.addGate();
    const client = cluster.addClient(gate);
    const scrape = async (address: string | undefined): Promise<readonly ScrapedSample[]> =>
      parseSamples(await scrapeText(address ?? ""));
    // The series for what is unknown appear with the first such call; those of HTTP and sockets of Node.js are not ours.
    const series = async (): Promise<readonly string[]> =>
      [...(await scrape(node.opsAddress)), ...(await scrape(gate.opsAddress))]
        .filter(({ name }) => name.startsWith("goverse_"))
        .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
    const call = async (index: number): Promise<unknown> => {
      const name = `Evil${index}`;
      const target = contract(index % 2 === 0 ? Thing.name : name, { methods: { [name]: {} } });
      return client
        .object(target, `id-${index}`)
        .$try[name]?.()
        .catch((error: unknown) => error);
    };
    await Promise.all([0, 1].map(call));
    const before = await series();
    for (let index = 2; index < HOSTILE_NAMES; index += AT_A_TIME) {
      await Promise.all(Array.from({ length: Math.min(AT_A_TIME, HOSTILE_NAMES - index) }, (_, n) => call(index + n)));
    }
    expect(await series()).toEqual(before);
    const samples = await scrape(node.opsAddress);
    const unknown = { status: "failure", method_name: "_unknown" };
    expect(sum(samples, "goverse_method_calls_total", { ...unknown, object_type: "Thing" })).toBe(HOSTILE_NAMES / 2);
    expect(sum(samples, "goverse_method_calls_total", { ...unknown, object_type: "_unknown" })).toBe(HOSTILE_NAMES / 2);
    expect(sum(samples, "goverse_metrics_series_refused_total")).toBe(0);
    expect(sum(samples, "goverse_objects_total")).toBe(0);
  },
  TIMEOUT_MS,
);
