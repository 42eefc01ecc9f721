/** The command line or the environment is wrong. The message names the option, the value and the remedy; exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** For a value that is wrong: `--shards "x" is not valid: give a whole number`. */
  static value(source: string, value: string, remedy: string): UsageError {
    return new UsageError(`${source} ${JSON.stringify(value)} is not valid: ${remedy}`);
  }
}

/** Somebody asked for text instead of a run: `--help` or `--version`. Exit status 0. */
export class HelpRequested extends Error {
  override readonly name = "HelpRequested";
  /** What to print on standard output. */
  readonly text: string;

  constructor(text: string) {
    super("help was requested");
    this.text = text;
  }
}

/** A class of errors, for `instanceof`. */
type ErrorClass = abstract new (...args: never[]) => Error;

/** Runs `make`. Errors of these classes become usage errors: what is wrong with an option is wrong with the command line. */
export function orUsageError<T>(make: () => T, ...expected: readonly ErrorClass[]): T {
  try {
    return make();
  } catch (error) {
    const isExpected = expected.some((kind) => error instanceof kind);
    throw isExpected ? new UsageError((error as Error).message, { cause: error }) : error;
  }
}
