import { CATALOGUE } from "../../packages/metrics/src/catalogue.ts";

/** Units as Grafana calls them. */
export type Unit = "short" | "s" | "bytes" | "percentunit" | "ops" | "none";

/** One line (or set of lines) of a panel: a query and what its series are called. */
export type Query = readonly [expr: string, legend: string];

/** A panel as we write it down. Place, id and description are worked out. */
export interface PanelSpec {
  readonly title: string;
  /** Default `timeseries`. */
  readonly type?: "timeseries" | "stat" | "heatmap" | "bargauge";
  readonly unit?: Unit;
  readonly queries: readonly Query[];
  /** In 24ths of the page. Default 8, for numbers 4. */
  readonly width?: number;
  /** Lines on top of each other, so that the upper edge is the sum. */
  readonly stacked?: boolean;
}

/** A dashboard as we write it down. */
export interface DashboardSpec {
  /** Part of its address; never changed. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** Choices at the top of the page: a label's values, of a metric. */
  readonly choices?: readonly { readonly label: string; readonly metric: string }[];
  readonly panels: readonly PanelSpec[];
}

const PAGE_WIDTH = 24;
const SIZES = { stat: [4, 4], timeseries: [8, 8], heatmap: [12, 8], bargauge: [8, 8] } as const;
/** The one data source, chosen at the top of the page. */
const SOURCE = { type: "prometheus", uid: "${datasource}" };
/** The schema of Grafana 10, which later ones read. */
const SCHEMA_VERSION = 39;

/** The JSON that Grafana imports. */
export function renderDashboard(spec: DashboardSpec): string {
  const dashboard = {
    uid: spec.uid,
    title: spec.title,
    description: spec.about,
    tags: ["goverse"],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    templating: { list: [sourceVariable(), ...(spec.choices ?? []).map(choiceVariable)] },
    links: [{ type: "dashboards", title: "GoVerse", tags: ["goverse"], asDropdown: false }],
    panels: placed(spec.panels),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function placed(specs: readonly PanelSpec[]): readonly object[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return specs.map((spec, index) => {
    const [defaultWidth, h] = SIZES[spec.type ?? "timeseries"];
    const w = spec.width ?? defaultWidth;
    if (x + w > PAGE_WIDTH) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { x, y, w, h };
    x += w;
    rowHeight = Math.max(rowHeight, h);
    return panel(spec, index + 1, gridPos);
  });
}

function panel(spec: PanelSpec, id: number, gridPos: object): object {
  const { title, type = "timeseries", unit = "short", queries, stacked = false } = spec;
  return {
    id,
    type,
    title,
    description: descriptionOf(queries),
    datasource: SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0, custom: customOf(type, stacked) }, overrides: [] },
    options: optionsOf(type),
    targets: queries.map(([expr, legend], index) => ({
      refId: String.fromCodePoint("A".codePointAt(0)! + index),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      ...(type === "heatmap" ? { format: "heatmap" } : {}),
    })),
  };
}

/** What the catalogue says about the metrics that a panel shows. */
function descriptionOf(queries: readonly Query[]): string {
  const text = queries.map(([expr]) => expr).join(" ");
  const shown = CATALOGUE.filter(({ name }) => new RegExp(`\\b${name}(?:_bucket|_sum|_count)?\\b`).test(text));
  return shown.map(({ name, howToRead }) => `${name}: ${howToRead}`).join("\n\n");
}

function customOf(type: PanelSpec["type"], stacked: boolean): object {
  if (type !== "timeseries") return {};
  return stacked ? { fillOpacity: 20, stacking: { mode: "normal" } } : { fillOpacity: 5 };
}

function optionsOf(type: PanelSpec["type"]): object {
  if (type === "stat") return { reduceOptions: { calcs: ["lastNotNull"] }, graphMode: "area" };
  if (type === "bargauge") return { reduceOptions: { calcs: ["lastNotNull"] }, orientation: "horizontal" };
  if (type === "heatmap") return { calculate: false, yAxis: { unit: "s" } };
  return { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } };
}

function sourceVariable(): object {
  return { name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" };
}

function choiceVariable({ label, metric }: { label: string; metric: string }): object {
  return {
    name: label,
    type: "query",
    datasource: SOURCE,
    query: `label_values(${metric}, ${label})`,
    definition: `label_values(${metric}, ${label})`,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".+",
    current: { text: "All", value: "$__all" },
  };
}
