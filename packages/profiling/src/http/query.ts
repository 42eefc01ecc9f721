/** The query of a request, each name with its last value. */
export type Query = Readonly<Record<string, string>>;

/** Reads the part of a URL after the question mark. */
export function parseQuery(querystring: string): Query {
  return Object.fromEntries(new URLSearchParams(querystring));
}

/** Go's default length of a CPU profile, in seconds. */
const CPU_SECONDS = 30;
/** Go's default length of a trace, in seconds. */
const TRACE_SECONDS = 1;

/** Go's reading of `profile?seconds=`: what is missing, no integer, or not above 0 is 30. */
export function cpuSeconds({ seconds = "" }: Query): number {
  const value = parseInteger(seconds);
  return value > 0 ? value : CPU_SECONDS;
}

/** Go's reading of `trace?seconds=`: a number above 0, else 1. */
export function traceSeconds({ seconds = "" }: Query): number {
  const value = seconds === "" ? Number.NaN : Number(seconds);
  return value > 0 ? value : TRACE_SECONDS;
}

/** Go's reading of `seconds` on the other profiles: absent is no delta; anything but an integer above 0 is wrong. */
export function deltaSeconds({ seconds = "" }: Query): number | undefined | "invalid" {
  if (seconds === "") return undefined;
  const value = parseInteger(seconds);
  return value > 0 ? value : "invalid";
}

/** Go's reading of `debug`: 0 for a profile, 1 for text, 2 and above for more of it. */
export function debugLevel({ debug = "" }: Query): number {
  const value = parseInteger(debug);
  return value > 0 ? value : 0;
}

/** Whether a switch such as `gc=1` is on. */
export function isOn(query: Query, name: string): boolean {
  return parseInteger(query[name] ?? "") > 0;
}

/** As Go's `strconv.Atoi`: the whole text or nothing. */
function parseInteger(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}
