/** Longest value that a line for people shows, in characters; machines get all of it. */
const MAX_VALUE_LENGTH = 500;

/** What pino writes about an error. */
interface SerializedError {
  readonly type?: string;
  readonly message?: string;
  readonly stack?: string;
}

/**
 * Makes one JSON line of the log a line for people: `12:03:04.123 INFO  node  shards claimed count=64`.
 * An error that is not one of ours is a bug, and brings its stack on lines of their own.
 */
export function formatLine(json: string): string {
  const { time, level, name, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const head = [
    clockTime(time),
    text(level).toUpperCase().padEnd(5),
    text(name).padEnd(5),
    oneLine(text(message)),
  ].join(" ");
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${format(value)}`);
  return `${head}${pairs.join("")}\n${stackOf(fields["error"])}`;
}

function clockTime(time: unknown): string {
  const date = new Date(text(time));
  const two = (value: number): string => String(value).padStart(2, "0");
  const millis = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

function format(value: unknown): string {
  const shown = isError(value) ? text(value.message) : value;
  const plain = typeof shown === "string" ? shown : JSON.stringify(shown);
  const short = plain.length > MAX_VALUE_LENGTH ? `${plain.slice(0, MAX_VALUE_LENGTH)}…` : plain;
  return typeof shown === "string" && !/^[\w./:@+-]+$/.test(short) ? JSON.stringify(short) : short;
}

function stackOf(error: unknown): string {
  if (!isError(error) || error.type === "GoverseError" || error.stack === undefined) return "";
  return `${error.stack.split("\n").slice(1).join("\n")}\n`;
}

function isError(value: unknown): value is SerializedError {
  return typeof value === "object" && value !== null && "stack" in value && "message" in value;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Nobody may forge a line of the log with a line break in a name. */
function oneLine(message: string): string {
  return message.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]/g, (char) => JSON.stringify(char).slice(1, -1));
}
