import type { Ended } from "../../scripts/run.ts";

const unreachable =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

/** Why npm could not install, when the reason is that no registry answered; undefined for every other failure. */
export function registryUnreachable({ status, output }: Ended): string | undefined {
  return status === 0 ? undefined : unreachable.exec(output)?.[0];
}
