import type { Address, Epoch } from "@goverse/core";

/** What a process tells the others about itself; `undefined` fields are not known (yet). */
export interface MemberMeta {
  /** Where it serves `/metrics` and `/ready`, if it does. */
  readonly opsAddress?: string;
  readonly version: string;
  /** Object types it can host; empty for gates. */
  readonly types: readonly string[];
  /** Range of protocol versions it speaks. */
  readonly protocol: { readonly min: number; readonly max: number };
}

/** A registered process. */
export interface Member {
  readonly address: Address;
  readonly role: "node" | "gate";
  /** Create revision of its key: a restart is another incarnation. */
  readonly incarnation: Epoch;
  /** It is leaving and gives its shards away. */
  readonly draining: boolean;
  /** `undefined` when it cannot be read: written by another version, or by hand. */
  readonly meta: MemberMeta | undefined;
}

/** The value of `meta/<address>`. */
export function formatMeta(role: Member["role"], meta: MemberMeta, draining: boolean): string {
  return JSON.stringify({ role, ...meta, ...(draining ? { draining } : {}) });
}

/** Reads `meta/<address>`. Never throws: what others wrote must not stop this process. */
export function parseMeta(text: string): { readonly meta: MemberMeta | undefined; readonly draining: boolean } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { meta: undefined, draining: false };
  }
  if (typeof parsed !== "object" || parsed === null) return { meta: undefined, draining: false };
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const draining = fields.get("draining") === true;
  const version = fields.get("version");
  const types = fields.get("types");
  const protocol = parseProtocol(fields.get("protocol"));
  const opsAddress = fields.get("opsAddress");
  if (typeof version !== "string" || protocol === undefined) return { meta: undefined, draining };
  const meta: MemberMeta = {
    version,
    protocol,
    types: Array.isArray(types) ? types.filter((type) => typeof type === "string") : [],
    ...(typeof opsAddress === "string" ? { opsAddress } : {}),
  };
  return { meta, draining };
}

function parseProtocol(value: unknown): MemberMeta["protocol"] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { min, max } = value as { min?: unknown; max?: unknown };
  return typeof min === "number" && typeof max === "number" ? { min, max } : undefined;
}
