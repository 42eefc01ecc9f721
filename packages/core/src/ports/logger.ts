/** Values beside a log message. Never payloads, tokens or credentials. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where messages for the people who run the system go. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to everything. */
  child(fields: LogFields): Logger;
}

const ignore = (): void => {};

/** Says nothing: the default of every component, and of tests. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
