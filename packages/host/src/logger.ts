import type { LogFields, Logger } from "@goverse/core";
import { destination, pino, type Logger as Pino, stdSerializers } from "pino";
import { formatLine } from "./log-line.ts";

/** From which severity on messages are written. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Which program speaks: `node`, `gate`. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** One JSON object per line, for machines, instead of a line for people. Default false. */
  readonly json?: boolean;
  /** Where complete lines go. Default: standard error, at once, so that a dying process loses nothing. */
  readonly write?: (line: string) => void;
}

/** Never printed, at the top of the fields or one level below: what lets somebody in, and what users said. */
const SECRET = ["password", "token", "secret", "authorization", "cookie", "payload", "body"];

/** The process's own log. What is named like a secret or a payload is replaced, whoever passes it. */
export function createLogger({ name, level = "info", json = false, write = writeToStderr() }: LoggerOptions): Logger {
  const options = {
    name,
    level,
    base: { name },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.errWithCause },
    redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
    messageKey: "message",
    errorKey: "error",
  };
  return adapt(pino(options, { write: json ? write : (line) => write(formatLine(line)) }));
}

function writeToStderr(): (line: string) => void {
  // Unlike process.stderr, it survives a reader that went away.
  const stderr = destination({ fd: 2, sync: true });
  return (line) => void stderr.write(line);
}

function adapt(logger: Pino): Logger {
  const log =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](fields, message);
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    child: (fields) => adapt(logger.child(fields)),
  };
}
