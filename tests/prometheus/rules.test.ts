// Alerts and queries: what is data agrees with what is published, Prometheus's own tool takes the files, and each rule is right
// in every situation that ops/prometheus/tests describes.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listSourceFiles } from "../../scripts/source-files.ts";
import { findFences } from "../docs/fences.ts";
import { ROOT } from "../support/program.ts";
import { requireTool } from "../support/tools.ts";
import { type DocumentBlock, findBlocks, readDocument } from "./document.ts";
import {
  type AlertRule,
  allAlerts,
  OPS,
  publishedAlerts,
  publishedQueries,
  RULE_FILES,
  ruleTests,
  rulesOf,
  testFiles,
} from "./ops.ts";

const tool = requireTool("promtool", "the checks and unit tests of alerts");
const document = readDocument("the comparison of queries and alerts with the published document");

/** Situations that each alert is to be shown in, of both kinds. */
const SITUATIONS = 2;
const SEVERITIES = ["critical", "warning", "info", "none"];
/** The one whose published expression does what its text says. */
const RIGHT_AS_PUBLISHED = "HighMethodCallErrorRate";

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

function promtool(args: readonly string[], folder = OPS): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(tool ?? "promtool", args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, output: stdout + stderr };
}

describe("the published queries and alerts", () => {
  it("are 28 queries and 12 alerts", () => {
    expect(publishedQueries()).toHaveLength(28);
    expect(new Set(publishedQueries().map(({ sentence }) => sentence)).size).toBe(28);
    expect(publishedAlerts()).toHaveLength(12);
  });

  it.runIf(document !== undefined)("have the queries of the document, with their sentences, to the letter", () => {
    const published = findBlocks(document ?? "", "promql").map(({ sentence, text }) => ({ sentence, expr: text }));
    expect(publishedQueries().map(({ sentence, expr }) => ({ sentence, expr }))).toEqual(published);
  });

  it.runIf(document !== undefined)("have the alerts of the document, to the letter", () => {
    const blocks = findBlocks(document ?? "", "yaml").filter(({ text }) => text.startsWith("- alert:"));
    const published = publishedAlerts().map((alert) => ({ ...alert, conditions: undefined }));
    expect(published).toEqual(blocks.map((block) => ({ ...alertOf(block), conditions: undefined })));
  });

  it("conditions are how the published expressions compare", () => {
    for (const { expr, conditions } of publishedAlerts()) {
      expect(expr.match(/(?:>|==)(?: [\d.]+)?(?!.*"\})/g)?.map((found) => found.trim())).toEqual(conditions);
    }
  });
});

function alertOf({ sentence, text }: DocumentBlock): object {
  const [rule] = parse(text) as AlertRule[];
  if (rule === undefined) throw new Error(`no alert below "${sentence}"`);
  return { ...rule, sentence, expr: rule.expr.trim() };
}

describe("the first group of alerts", () => {
  const ours = rulesOf("alerts.yml") as readonly AlertRule[];

  it("has the names, durations and summaries that are published, in that order", () => {
    const shape = (rule: Pick<AlertRule, "alert" | "for" | "annotations">): object => ({
      alert: rule.alert,
      for: rule.for,
      summary: rule.annotations?.["summary"],
    });
    expect(ours.slice(0, 12).map(shape)).toEqual(publishedAlerts().map(shape));
  });

  it.each(publishedAlerts())("$alert has its threshold", ({ alert, conditions }) => {
    const expr = oneLine(ours.find((rule) => rule.alert === alert)?.expr ?? "");
    let rest = expr;
    for (const condition of conditions) {
      expect(rest).toContain(condition);
      rest = rest.slice(rest.indexOf(condition) + condition.length);
    }
    // Nothing else is compared with a number. NodeLosingShards compares with a rate.
    expect(rest).not.toMatch(/[<>=]=? *\d/);
  });

  it("leaves alone the one that was right", () => {
    const [published, rule] = [publishedAlerts(), ours].map((all) =>
      all.find(({ alert }) => alert === RIGHT_AS_PUBLISHED),
    );
    expect(oneLine(rule?.expr ?? "")).toBe(oneLine(published?.expr ?? ""));
  });
});

describe("every alert", () => {
  it.each(allAlerts())("$alert has a severity and a runbook that speaks of it", ({ alert, labels, annotations }) => {
    expect(SEVERITIES).toContain(labels?.["severity"]);
    const page = join(ROOT, annotations?.["runbook_url"] ?? "");
    expect(existsSync(page)).toBe(true);
    const title = readFileSync(page, "utf8").split("\n", 1)[0];
    expect(title?.replace("# ", "").split(", ")).toContain(alert);
    expect(readFileSync(join(ROOT, "docs/runbooks/README.md"), "utf8")).toContain(
      `| ${alert} | ${labels?.["severity"]} | [${basename(page, ".md")}](${basename(page)}) |`,
    );
  });

  it.each(allAlerts())(`$alert is shown firing and quiet, ${SITUATIONS} situations each`, ({ alert }) => {
    const situations = testFiles()
      .flatMap((file) => ruleTests(file).tests)
      .map(({ alert_rule_test: checks = [] }) => checks.filter(({ alertname }) => alertname === alert))
      .filter((checks) => checks.length > 0);
    const firing = situations.filter((checks) => checks.some(({ exp_alerts: alerts = [] }) => alerts.length > 0));
    expect(firing.length).toBeGreaterThanOrEqual(SITUATIONS);
    expect(situations.length - firing.length).toBeGreaterThanOrEqual(SITUATIONS);
  });
});

describe.runIf(tool !== undefined)("Prometheus's own tool", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "goverse-rules-"));
    cpSync(OPS, folder, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(RULE_FILES)("takes %s", (file) => {
    expect(promtool(["check", "rules", file])).toMatchObject({ status: 0 });
  });

  it.each(["prometheus.yml", "prometheus-sd.yml"])("takes %s", (file) => {
    expect(promtool(["check", "config", file])).toMatchObject({ status: 0 });
  });

  it.each(testFiles())("passes %s", (file) => {
    const { status, output } = promtool(["test", "rules", file]);
    expect(status, output).toBe(0);
  });

  it.each(publishedAlerts().filter(({ alert }) => alert !== RIGHT_AS_PUBLISHED))(
    "$alert as it was published would be wrong in one of the situations",
    ({ alert, expr }) => {
      // The rule alone, with its situations alone: the others would only take time.
      const rule = { ...allAlerts().find((one) => one.alert === alert), expr };
      writeFileSync(join(folder, "alert.yml"), JSON.stringify({ groups: [{ name: "published", rules: [rule] }] }));
      const situations = testFiles()
        .flatMap((file) => ruleTests(file).tests)
        .filter(({ name }) => name.startsWith(`${alert}:`));
      const tests = { rule_files: ["alert.yml"], evaluation_interval: "1m", tests: situations };
      writeFileSync(join(folder, "situations.yml"), JSON.stringify(tests));
      const { status, output } = promtool(["test", "rules", "situations.yml"], folder);
      expect(status).not.toBe(0);
      expect(output).toContain(`alertname: ${alert}`);
    },
  );

  it("reads every query that is written down anywhere", () => {
    const shown = listSourceFiles("docs").flatMap((file) =>
      findFences(file)
        .filter(({ language }) => language === "promql")
        .flatMap(({ lines }) => lines),
    );
    const exprs = [...publishedQueries().map(({ expr }) => expr), ...shown.filter((line) => line !== "")];
    const rules = exprs.map((expr, index) => ({ record: `query:${index}`, expr }));
    writeFileSync(join(folder, "queries.yml"), JSON.stringify({ groups: [{ name: "queries", rules }] }));
    const { status, output } = promtool(["check", "rules", "queries.yml"], folder);
    expect(status, output).toBe(0);
  });
});
