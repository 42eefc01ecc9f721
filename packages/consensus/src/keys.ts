import type { Address } from "@goverse/core";

/** A key of the layout, recognised. */
export type LayoutKey =
  | { readonly kind: "node" | "gate" | "meta"; readonly address: Address }
  | { readonly kind: "leader" }
  | { readonly kind: "config" }
  | { readonly kind: "shard" | "epoch"; readonly shard: number };

/** Names the keys of one cluster. Every key begins with the prefix and a slash, so `/goverse` never matches `/goverse-demo`. */
export interface Keys {
  /** The prefix with its trailing slash. */
  readonly prefix: string;
  readonly leader: string;
  readonly config: string;
  node(address: Address): string;
  gate(address: Address): string;
  meta(address: Address): string;
  shard(shard: number): string;
  epoch(shard: number): string;
  /** What a key means; `undefined` for keys that are not part of the layout. */
  parse(key: string): LayoutKey | undefined;
}

/** The layout under `prefix` (with or without a trailing slash). */
export function clusterKeys(prefix: string): Keys {
  const root = `${prefix.replace(/\/+$/, "")}/`;
  return {
    prefix: root,
    leader: `${root}leader`,
    config: `${root}config`,
    node: (address) => `${root}nodes/${address}`,
    gate: (address) => `${root}gates/${address}`,
    meta: (address) => `${root}meta/${address}`,
    shard: (shard) => `${root}shard/${shard}`,
    epoch: (shard) => `${root}epoch/${shard}`,
    parse: (key) => (key.startsWith(root) ? parseRelative(key.slice(root.length)) : undefined),
  };
}

const ADDRESS_KINDS: ReadonlyMap<string, "node" | "gate" | "meta"> = new Map([
  ["nodes", "node"],
  ["gates", "gate"],
  ["meta", "meta"],
]);

function parseRelative(key: string): LayoutKey | undefined {
  if (key === "leader" || key === "config") return { kind: key };
  const slash = key.indexOf("/");
  if (slash === -1) return undefined;
  const folder = key.slice(0, slash);
  const name = key.slice(slash + 1);
  const kind = ADDRESS_KINDS.get(folder);
  // Not checked for its form: what is registered here was checked by the process that registered it.
  if (kind !== undefined) return name === "" ? undefined : { kind, address: name as Address };
  if (folder !== "shard" && folder !== "epoch") return undefined;
  const shard = Number(name);
  // Only the form that is written here: no padding, no sign, no exponent.
  return Number.isSafeInteger(shard) && shard >= 0 && String(shard) === name ? { kind: folder, shard } : undefined;
}
