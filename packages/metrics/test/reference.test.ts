import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../src/index.ts";
import { goldenList, referencePage } from "./reference.ts";

const REMEDY = "what was generated from the catalogue is stale; run `pnpm docs:metrics` and look at the difference";

describe("what is generated from the catalogue", () => {
  it("is the page about metrics", async () => {
    await expect(referencePage(), REMEDY).toMatchFileSnapshot("../../../docs/metrics.md");
  });

  it("is the list of everything others depend on", async () => {
    await expect(goldenList(), REMEDY).toMatchFileSnapshot("catalogue.golden.txt");
  });

  it("leaves no metric out", () => {
    for (const { name } of CATALOGUE) {
      expect(referencePage()).toContain(`### \`${name}\`\n`);
      expect(goldenList()).toMatch(new RegExp(`^${name}[{ ]`, "m"));
    }
  });
});
