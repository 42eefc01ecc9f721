import { Command, CommanderError, Option } from "commander";
import type { OptionSpec, OptionTable, ResolvedOptions } from "./option.ts";
import { flagName, variableName } from "./option-names.ts";
import { HelpRequested, UsageError } from "./usage-error.ts";

/** What a program is called and does, for `--help`. */
export interface Program {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly version: string;
}

/** Everything {@link resolveOptions} depends on. */
export interface ResolveInput<T extends OptionTable> {
  readonly program: Program;
  readonly table: T;
  /** Without the two first of `process.argv`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The options of a program: flag, else environment, else default. Pure. Long flags take one dash or two, and `=` or a space before
 * the value.
 * @throws UsageError for an unknown flag (with the nearest known one), a missing or a wrong value.
 * @throws HelpRequested for `--help` and `--version`.
 */
export function resolveOptions<T extends OptionTable>({
  program,
  table,
  argv,
  env,
}: ResolveInput<T>): ResolvedOptions<T> {
  const flags = readFlags(program, table, argv);
  const values = Object.entries(table).map(([key, spec]) => [key, resolveOne(key, spec, flags.get(key), env)]);
  return Object.fromEntries(values) as ResolvedOptions<T>;
}

function resolveOne(
  key: string,
  spec: OptionSpec<unknown>,
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  if (flag !== undefined) return spec.parse(flag, `--${flagName(key)}`);
  const variable = variableName(key);
  const value = env[variable];
  // An empty variable is how scripts and compose files say "not set".
  return value === undefined || value === "" ? spec.defaultValue : spec.parse(value, variable);
}

/** Texts of the given flags by property name. Commander reads, and explains unknown flags; it neither prints nor exits. */
function readFlags(program: Program, table: OptionTable, argv: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  let printed = "";
  const command = new Command(program.name)
    .description(program.summary)
    .version(program.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this page")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => {}, getOutHelpWidth: () => HELP_WIDTH });
  for (const [key, spec] of Object.entries(table)) {
    if (!spec.secret) addFlags(command, key, spec, (text) => given.set(key, join(spec, given.get(key), text)));
  }
  const secrets = Object.entries(table).filter(([, spec]) => spec.secret);
  const variables = secrets.map(([key, { help }]) => `  ${variableName(key)}  ${help}`);
  if (variables.length > 0) command.addHelpText("after", ["", "From the environment only:", ...variables].join("\n"));
  try {
    command.parse(twoDashes(table, argv), { from: "user" });
  } catch (error) {
    throw toOwnError(error, printed, command.args[0]);
  }
  return given;
}

/** Columns of `--help`: the same everywhere, so that documents can show it. */
const HELP_WIDTH = 110;

function addFlags(command: Command, key: string, spec: OptionSpec<unknown>, set: (text: string) => void): void {
  const value = spec.kind === "switch" ? "[true|false]" : `<${spec.placeholder}>`;
  for (const [i, name] of [flagName(key), ...spec.aliases].entries()) {
    const option = new Option(`--${name} ${value}`, helpLine(key, spec)).hideHelp(i > 0);
    command.addOption(option.argParser(set));
  }
}

function helpLine(key: string, { help, defaultText, aliases }: OptionSpec<unknown>): string {
  const also = aliases.length === 0 ? "" : `; also --${aliases.join(", --")}`;
  return `${help} (${defaultText === undefined ? "" : `default ${defaultText}; `}${variableName(key)}${also})`;
}

function join(spec: OptionSpec<unknown>, before: string | undefined, text: string): string {
  return spec.kind === "list" && before !== undefined ? `${before},${text}` : text;
}

const LONG_FLAG = /^--?([A-Za-z][A-Za-z0-9-]+)(=.*)?$/s;

/** `-http-listen` → `--http-listen`, and a bare switch → `=true`. The values of flags are left alone. */
function twoDashes(table: OptionTable, argv: readonly string[]): string[] {
  const known = specsByFlag(table);
  const result: string[] = [];
  let isValue = false;
  for (const arg of argv) {
    const flag: RegExpExecArray | null = isValue ? null : LONG_FLAG.exec(arg);
    isValue = false;
    if (flag === null) {
      result.push(arg);
      continue;
    }
    const name: string = flag[1] ?? "";
    const value: string = flag[2] ?? "";
    const spec = known.get(name);
    if (spec?.secret === true) throw secretInFlag(name);
    // Without its value an unknown flag is easier to compare with the known ones.
    result.push(
      spec === undefined ? `--${name}` : `--${name}${spec.kind === "switch" && value === "" ? "=true" : value}`,
    );
    isValue = spec !== undefined && spec.kind !== "switch" && value === "";
  }
  return result;
}

function specsByFlag(table: OptionTable): ReadonlyMap<string, OptionSpec<unknown>> {
  const entries = Object.entries(table);
  return new Map(
    entries.flatMap(([key, spec]) => [flagName(key), ...spec.aliases].map((name) => [name, spec] as const)),
  );
}

function secretInFlag(name: string): UsageError {
  return new UsageError(`--${name} would show the secret in lists of processes: set its variable instead (see --help)`);
}

function toOwnError(error: unknown, printed: string, argument: string | undefined): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0) return new HelpRequested(printed);
  if (error.code === "commander.excessArguments" && argument !== undefined) {
    return new UsageError(`unexpected argument ${JSON.stringify(argument)}: every option has a name (see --help)`);
  }
  const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return new UsageError(message.includes("Did you mean") ? message : `${message} (see --help)`);
}
