/** Longest message of somebody else's error that is kept, in characters: enough to understand it, too little to flood a log. */
const MAX_MESSAGE_LENGTH = 1000;

/** Most steps of a re-entrant call's path that are kept: twice the depth that chains may have. */
export const MAX_PATH_LENGTH = 64;

/** Cuts a message to {@link MAX_MESSAGE_LENGTH}. */
export function shorten(text: string): string {
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}

/** Whether a parsed value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
