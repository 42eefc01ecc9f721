import { describe, expect, it } from "vitest";
import {
  CATALOGUE,
  catalogueOf,
  catalogueProblems,
  CONTRACT_METRICS,
  createMetrics,
  type MetricDefinition,
} from "../src/index.ts";
import { PUBLISHED } from "./contract.golden.ts";
import { text } from "./scrape.ts";

function published({ name, labels, type, help, buckets }: MetricDefinition): object {
  const signature = labels.length === 0 ? name : `${name}{${labels.join(", ")}}`;
  return { signature, type, help, ...(buckets === undefined ? {} : { buckets }) };
}

describe("the catalogue", () => {
  it("holds the nine published metrics, character by character and in their order", () => {
    expect(CONTRACT_METRICS.map(published)).toEqual(PUBLISHED);
    expect(CONTRACT_METRICS.every((definition) => definition.stability === "contract")).toBe(true);
  });

  it("is sound", () => {
    expect(catalogueProblems(CATALOGUE)).toEqual([]);
    expect(
      CATALOGUE.every((definition) => definition.howToRead.length > 20 && definition.name.startsWith("goverse_")),
    ).toBe(true);
  });

  it("notices what would break a scrape", () => {
    const [gauge, counter, histogram] = [CONTRACT_METRICS[0], CONTRACT_METRICS[1], CONTRACT_METRICS[2]] as [
      MetricDefinition,
      MetricDefinition,
      MetricDefinition,
    ];
    // In OpenMetrics a counter's family loses `_total`, and may then meet a gauge.
    const clash = [{ ...gauge, name: "goverse_method_calls" }, counter];
    expect(catalogueProblems(clash)).toEqual([
      "goverse_method_calls_total and goverse_method_calls both print goverse_method_calls",
    ]);
    expect(catalogueProblems([{ ...counter, name: "goverse_calls" }])).toEqual([
      "goverse_calls: a counter ends in _total",
    ]);
    expect(catalogueProblems([{ ...histogram, buckets: [1, 1] }])).toHaveLength(1);
    expect(catalogueProblems([{ ...gauge, labels: ["node", "node"] }])).toHaveLength(1);
    expect(catalogueProblems([{ ...gauge, labels: ["le"] }])).toHaveLength(1);
    expect(catalogueProblems([gauge, gauge])).toHaveLength(1);
  });

  it.each(["node", "gate"] as const)("is what a %s exports: no more, no less", async (role) => {
    const metrics = createMetrics({ node: "localhost:47000", role, processMetrics: false });
    const lines = (await text(metrics)).split("\n");
    const helps = lines.filter((line) => line.startsWith("# HELP "));
    expect(helps).toEqual(catalogueOf(role).map(({ name, help }) => `# HELP ${name} ${help}`));
    const types = lines.filter((line) => line.startsWith("# TYPE "));
    expect(types).toEqual(catalogueOf(role).map(({ name, type }) => `# TYPE ${name} ${type}`));
  });
});
