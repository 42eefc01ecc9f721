import type { SourceFile } from "../../scripts/source-files.ts";

/** A rule about lines of text: every line of a covered file that matches is a finding. */
export interface TextRule {
  readonly name: string;
  readonly covers: (path: string) => boolean;
  readonly pattern: RegExp;
}

// Written with a gap, so that this file does not break its own rules.
const leftForLater = "TO_DO|FIX_ME".replaceAll("_", "");
const machineFolders = ["work", "root", "home"].join("|");

const isCode = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path);
const isTest = (path: string): boolean => /\.test(?:-d)?\.ts$/.test(path);
const isOurs = (path: string): boolean => path !== "LICENSE" && !path.includes("/gen/");

export const textRules: readonly TextRule[] = [
  {
    name: "nothing is left for later",
    covers: (path) => isOurs(path) && path !== "pnpm-lock.yaml",
    pattern: new RegExp(`\\b(?:${leftForLater})\\b`),
  },
  {
    name: "every test runs, and none runs alone",
    covers: isTest,
    pattern: /\b(?:test|it|describe|suite|bench|context|ctx)(?:\.\w+)*\.(?:only|skip|todo)\b|\bx(?:it|test|describe)\(/,
  },
  {
    name: "no path of a machine",
    covers: isOurs,
    pattern: new RegExp(`(?<![\\w.*}-])/(?:${machineFolders})/`),
  },
  {
    name: "no registry host: the client's own configuration decides",
    covers: (path) => isOurs(path) && !path.endsWith("CHANGELOG.md"),
    pattern:
      /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\bnpmmirror\.|^\s*(?:@[\w-]+:)?registry\s*[=:]\s*["']?https?:|\btarball:\s*https?:/,
  },
  {
    name: "types are not silenced",
    covers: (path) => isOurs(path) && isCode(path),
    pattern: /^\s*(?:\/\/|\/\*+)\s*@ts-(?:ignore|nocheck)\b/,
  },
];

/** Findings of one rule in one file, as `path:line`. */
export function findText(rule: TextRule, file: SourceFile): readonly string[] {
  if (!rule.covers(file.path)) return [];
  return file.text.split("\n").flatMap((line, index) => (rule.pattern.test(line) ? [`${file.path}:${index + 1}`] : []));
}

/** Lines a source file may have before it has to argue for itself. */
export const maxSourceLines = 300;

/** Longer source files, each with its argument. */
export const longFiles: ReadonlyMap<string, string> = new Map();

/** The length of a source file as a finding, when it is over the bound and has no argument. */
export function findTooLong(file: SourceFile, allowed: ReadonlyMap<string, string> = longFiles): readonly string[] {
  const lines = file.text.trimEnd().split("\n").length;
  if (lines <= maxSourceLines || allowed.has(file.path)) return [];
  return [`${file.path}: ${lines} lines, over ${maxSourceLines}: one noun or mechanism in each file`];
}

const kebabFolder = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const kebabFile = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

/** The parts of a code file's path that are not kebab-case. */
export function findBadName(path: string): readonly string[] {
  const parts = path.split("/");
  const file = parts.pop() ?? "";
  const bad = parts.some((part) => !kebabFolder.test(part)) || !kebabFile.test(file);
  return bad ? [`${path}: names are kebab-case`] : [];
}
