import { randomBytes } from "node:crypto";

/** Random bytes as base64url: 15 of them make the 20 characters that client ids have always had. */
const CLIENT_ID_BYTES = 15;
/** 72 bits: short enough to read out of a log, long enough that two calls never share one. */
const CALL_ID_BYTES = 9;

/** Fresh ids. Unguessable, because whoever knows a client id can have messages sent to it. */
export interface Ids {
  /** A client id: `<gate address>/<20 characters>`. */
  readonly client: (gateAddress: string) => string;
  readonly call: () => string;
  /** Id for an object whose creator left it to us: `<type>-<20 characters>`. */
  readonly object: (type: string) => string;
}

/** Ids from the system's cryptographic source. */
export const randomIds: Ids = {
  client: (gateAddress) => `${gateAddress}/${unique(CLIENT_ID_BYTES)}`,
  call: () => unique(CALL_ID_BYTES),
  object: (type) => `${type}-${unique(CLIENT_ID_BYTES)}`,
};

function unique(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
