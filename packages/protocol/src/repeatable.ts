import { invalidArgument } from "@goverse/core";

/**
 * Header of a request (gRPC metadata, too) that may be sent again when nobody knows whether it ran. Only the client's contract knows
 * which methods that is true of.
 */
export const REPEATABLE_HEADER = "x-goverse-repeatable";

/**
 * Parses {@link REPEATABLE_HEADER}.
 * @throws GoverseError `INVALID_ARGUMENT` for anything but `true` and `false`.
 */
export function parseRepeatable(value: string | undefined): boolean {
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw invalidArgument(REPEATABLE_HEADER, value, "write true, or leave it out");
}
