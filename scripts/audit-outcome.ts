/** What an audit came to. */
export type AuditOutcome =
  | { readonly kind: "clean" }
  | { readonly kind: "vulnerable" }
  | { readonly kind: "not-run"; readonly reason: string };

// The service answered something else, or nothing answered. Any other failure counts as a finding, so that a change
// in pnpm's wording makes the check fail loudly instead of passing in silence.
const badAnswer = /ERR_PNPM_AUDIT_(?:BAD_RESPONSE|ENDPOINT_NOT_EXISTS)/;
const noAnswer =
  /\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL)\b/;

/** Reads the end of `pnpm audit`: its exit status and everything it printed. */
export function auditOutcome(status: number, output: string): AuditOutcome {
  if (status === 0) return { kind: "clean" };
  const bad = badAnswer.exec(output);
  if (bad !== null) {
    const answered = /responded with (\d{3})/.exec(output)?.[1];
    const detail = answered === undefined ? "" : ` (it answered ${answered})`;
    return { kind: "not-run", reason: `this registry has no audit service${detail}` };
  }
  const none = noAnswer.exec(output);
  if (none !== null) return { kind: "not-run", reason: `the audit service cannot be reached (${none[0]})` };
  return { kind: "vulnerable" };
}
