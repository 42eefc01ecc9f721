import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "@goverse/metrics";
import { describe, expect, it } from "vitest";
import { DASHBOARDS } from "../../scripts/dashboards/dashboards.ts";
import { renderDashboard } from "../../scripts/dashboards/panel.ts";
import { ROOT } from "../support/program.ts";

const REMEDY = "what is committed is stale; run `pnpm docs:dashboards`";
const FOLDER = join(ROOT, "ops", "grafana");

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}

describe("the dashboards in ops/grafana", () => {
  it.each(Object.entries(DASHBOARDS))("%s is what was generated", async (name, spec) => {
    await expect(renderDashboard(spec), REMEDY).toMatchFileSnapshot(join(FOLDER, `${name}.json`));
  });

  it("are no more and no fewer than those", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(
      Object.keys(DASHBOARDS)
        .map((name) => `${name}.json`)
        .sort(),
    );
    expect(new Set(Object.values(DASHBOARDS).map(({ uid }) => uid)).size).toBe(Object.keys(DASHBOARDS).length);
  });

  it.each(Object.keys(DASHBOARDS))("%s has panels that do not overlap, and that say how to read them", (name) => {
    const { panels } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Dashboard;
    const taken = new Set<string>();
    for (const { gridPos, description, targets, title } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(description).not.toBe("");
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it("show every metric of the catalogue", () => {
    const exprs = Object.values(DASHBOARDS).flatMap(({ panels }) =>
      panels.flatMap(({ queries }) => queries.map(([expr]) => expr)),
    );
    const hidden = CATALOGUE.filter(({ name }) => !exprs.some((expr) => expr.includes(name)));
    expect(hidden.map(({ name }) => name)).toEqual([]);
  });
});
