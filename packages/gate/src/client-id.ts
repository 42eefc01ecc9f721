import { invalidArgument } from "@goverse/core";

/** Longest client id, in characters: the longest address, a slash and the unique part fit. */
const MAX_LENGTH = 300;
const CLIENT_ID = /^[\u0021-\u007e]+\/[A-Za-z0-9_-]+$/;

/**
 * Checks the shape of the client id that a request names. It may belong to another gate: the object's node finds out where.
 * @returns The id, `undefined` when the request names none.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function parseClientId(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (value.length > MAX_LENGTH || !CLIENT_ID.test(value)) {
    throw invalidArgument("client id", value, "give the id that the push stream began with");
  }
  return value;
}
