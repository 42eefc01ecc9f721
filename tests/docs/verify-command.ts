import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../scripts/run.ts";
import { listSourceFiles } from "../../scripts/source-files.ts";
import { listMembers, listPublished, type Manifest, readManifest, rootFolder } from "../../scripts/workspace.ts";
import { verifyCurl } from "./verify-curl.ts";

/** How one kind of command is known to be right. */
export interface CommandKind {
  readonly matches: RegExp;
  /** What the check proves, in words. */
  readonly how: string;
  /** Returns what is wrong with it; undefined when it holds. */
  readonly verify: (words: readonly string[]) => string | undefined | Promise<string | undefined>;
}

/** Every kind of command a document may show. A command of no kind fails: add a row that says how it is verified. */
export const commandKinds: readonly CommandKind[] = [
  {
    matches: /^(?:npx --yes )?pnpm install(?: --frozen-lockfile)?$/,
    how: "pnpm's own; every run of the tests on a fresh clone does it",
    verify: () => undefined,
  },
  {
    matches: /^(?:pnpm add|npm install|npm i) /,
    how: "the packages of ours that it names are published from this repository",
    verify: verifyInstall,
  },
  {
    matches: /^(?:\w+=\S+ )*(?:npx --yes )?pnpm --filter \S+ \S+/,
    how: "the member has the script, and the program behind it knows the options",
    verify: (words) => verifyMemberScript(fromPnpm(words)),
  },
  {
    matches: /^(?:\w+=\S+ )*(?:npx --yes )?pnpm (?!-)\S+/,
    how: "package.json has the script, and the program behind it knows the options",
    verify: (words) => verifyScript(rootFolder, readManifest(rootFolder), fromPnpm(words).slice(1)),
  },
  {
    matches: /^npx (?!-)\S+/,
    how: "an installed tool of that name is a dependency of the repository",
    verify: ([, tool = ""]) => missing(existsSync(join(rootFolder, "node_modules/.bin", tool)), `no tool "${tool}"`),
  },
  {
    matches: /^(?:\w+=\S+ )*(?:\.\/)?\.ci\/run$/,
    how: "the file is there and can be executed",
    verify: (words) => verifyExecutable(words.at(-1) ?? ""),
  },
  {
    matches: /^(?:sudo )?apt-get install /,
    how: "the packages are those that .ci/run installs",
    verify: verifyPackages,
  },
  {
    matches: /^(?:go tool pprof |curl (?:-o \S+ )?\S*\/debug\/pprof\/)/,
    how: "the profiling suite runs every one that docs/profiling.md shows",
    verify: () => undefined,
  },
  {
    matches: /^curl /,
    how: "the route and verb are in the route table, the method in the contract of the chat, its schema takes the body",
    verify: verifyCurl,
  },
  {
    matches: /^(?:grep|promtool query instant \S+) goverse_\w+$/,
    how: "the metric is in the catalogue",
    verify: (words) => verifyMetric(words.at(-1) ?? ""),
  },
  {
    matches: /^promtool check metrics$/,
    how: "the prometheus suite runs it",
    verify: () => undefined,
  },
  {
    matches: /^(?:kill(?: -9| -TERM)? (?:PID|\$\w+)|git clone \S+(?: \S+)?|cd \S+)$/,
    how: "the shell's own or git's; nothing of ours to be wrong",
    verify: () => undefined,
  },
];

/** Finds what is wrong with one simple command. */
export async function findFault(words: readonly string[]): Promise<string | undefined> {
  const text = words.join(" ");
  const kind = commandKinds.find(({ matches }) => matches.test(text));
  if (kind === undefined) return `"${text}" is of no kind in tests/docs/verify-command.ts`;
  return kind.verify(words);
}

function missing(holds: boolean, fault: string): string | undefined {
  return holds ? undefined : fault;
}

/** The words from `pnpm` on. */
function fromPnpm(words: readonly string[]): readonly string[] {
  return words.slice(words.indexOf("pnpm"));
}

function verifyInstall(words: readonly string[]): string | undefined {
  const published = new Set(listPublished().map(({ manifest }) => manifest.name));
  const unknown = words.filter((word) => word.startsWith("@goverse/") && !published.has(word));
  return missing(unknown.length === 0, `not published: ${unknown.join(", ")}`);
}

async function verifyMemberScript([, , member = "", ...rest]: readonly string[]): Promise<string | undefined> {
  const found = listMembers().find(({ manifest, folder }) => manifest.name === member || `./${folder}` === member);
  if (found === undefined) return `no member is called "${member}"`;
  return verifyScript(join(rootFolder, found.folder), found.manifest, rest[0] === "run" ? rest.slice(1) : rest);
}

async function verifyScript(folder: string, manifest: Manifest, words: readonly string[]): Promise<string | undefined> {
  const [script = "", ...args] = words[0] === "run" ? words.slice(1) : words;
  const command = manifest.scripts?.[script];
  if (command === undefined) return `${manifest.name} has no script "${script}"`;
  const options = args.filter((arg) => arg.startsWith("--") && arg !== "--").map((arg) => arg.split("=")[0] ?? "");
  if (options.length === 0) return undefined;
  const known = await knownOptions(folder, command);
  const unknown = options.filter((option) => !known.test(option));
  return missing(unknown.length === 0, `"${script}" does not know ${unknown.join(", ")}`);
}

/** Something that knows the options of the program behind a script. */
interface KnownOptions {
  test(option: string): boolean;
}

// What is no program of ours takes turbo's and vitest's options; these are the ones we tell people about.
const passedOn = ["--filter", "--project", "--coverage"];

async function knownOptions(folder: string, command: string): Promise<KnownOptions> {
  // The applications describe themselves.
  if (command.includes("apps/")) {
    const [program = "", ...args] = command.split(" ");
    const { output } = await run(program, [...args, "--help"], { cwd: folder, output: "capture" });
    return { test: (option) => output.split(/[\s,=]+/).includes(option) };
  }
  const source = /(\S+\.ts)\b/.exec(command)?.[1];
  const text = source === undefined ? "" : readFileSync(join(folder, source), "utf8");
  const isPassedOn = source === undefined || source === "scripts/test.ts";
  return {
    test: (option) =>
      (isPassedOn && passedOn.includes(option)) || new RegExp(`["'\`]?\\b${option.slice(2)}["'\`]?: \\{`).test(text),
  };
}

function verifyExecutable(path: string): string | undefined {
  try {
    accessSync(join(rootFolder, path), constants.X_OK);
    return undefined;
  } catch {
    return `${path} cannot be executed`;
  }
}

function verifyPackages(words: readonly string[]): string | undefined {
  const installed = readFileSync(join(rootFolder, ".ci/run"), "utf8");
  const names = words.slice(words.indexOf("install") + 1).filter((word) => !word.startsWith("-"));
  const unknown = names.filter((name) => !installed.includes(`:${name}`));
  return missing(unknown.length === 0, `.ci/run does not install ${unknown.join(", ")}`);
}

function verifyMetric(name: string): string | undefined {
  const catalogue = listSourceFiles("packages/metrics/src");
  return missing(
    catalogue.some(({ text }) => text.includes(`"${name}`)),
    `no metric begins with "${name}"`,
  );
}
