import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../support/program.ts";

/** The folder of everything Prometheus is given. */
export const OPS: string = join(ROOT, "ops", "prometheus");

/** The files that hold rules. */
export const RULE_FILES = ["alerts.yml", "recording-rules.yml", "slo-rules.yml"] as const;

/** A query of the published document. */
export interface PublishedQuery {
  readonly sentence: string;
  readonly expr: string;
  /** When it rightly gives nothing. Without it, a query that gives nothing is wrong. */
  readonly emptyWhen?: string;
}

/** An alert as the published document words it. */
export interface PublishedAlert {
  readonly alert: string;
  readonly sentence: string;
  readonly expr: string;
  /** The comparisons that its expression ends with, in their order. */
  readonly conditions: readonly string[];
  readonly for: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A rule that alerts or records. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An alert of our rules. */
export type AlertRule = Rule & { readonly alert: string };

/** A file of unit tests for rules. */
export interface RuleTests {
  readonly rule_files: readonly string[];
  readonly tests: readonly {
    readonly name: string;
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
  }[];
}

export function publishedQueries(): readonly PublishedQuery[] {
  return JSON.parse(read("queries.json")) as readonly PublishedQuery[];
}

export function publishedAlerts(): readonly PublishedAlert[] {
  return JSON.parse(read("published-alerts.json")) as readonly PublishedAlert[];
}

/** The rules of a file, whichever group they are in. */
export function rulesOf(file: string): readonly Rule[] {
  const { groups } = parse(read(file)) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Every alert there is. */
export function allAlerts(): readonly AlertRule[] {
  return RULE_FILES.flatMap((file) => rulesOf(file)).filter((rule): rule is AlertRule => rule.alert !== undefined);
}

/** Names of the files with unit tests, relative to {@link OPS}. */
export function testFiles(): readonly string[] {
  return readdirSync(join(OPS, "tests")).map((name) => `tests/${name}`);
}

export function ruleTests(file: string): RuleTests {
  return parse(read(file)) as RuleTests;
}

function read(file: string): string {
  return readFileSync(join(OPS, file), "utf8");
}
