import { GoverseError } from "./errors.ts";
import type { Schema } from "./payload.ts";
import type { SchemaIssue, SchemaResult } from "./standard-schema.ts";

/** Most issues that an error repeats: enough to mend the value, bounded because the value is somebody else's. */
const MAX_ISSUES = 5;

/**
 * Checks a received value. Answers at once when the schema does, so that the common case costs no promise.
 * @param field What to call the value in the error, for example `ChatRoom.SendMessage input`.
 * @returns The schema's output; `undefined` without a schema, whatever was sent.
 * @throws GoverseError `INVALID_ARGUMENT` with the path of each issue.
 */
export function validate(schema: Schema | undefined, value: unknown, field: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) return result.then((late) => accept(late, field));
  return accept(result, field);
}

function accept(result: SchemaResult<unknown>, field: string): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, MAX_ISSUES).map(describe).join("; ");
  throw new GoverseError("INVALID_ARGUMENT", `${field} is not valid: ${issues}`, { field });
}

function describe(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
