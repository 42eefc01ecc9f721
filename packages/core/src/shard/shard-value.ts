import type { Address } from "../address.ts";
import type { Epoch } from "../ports/ownership.ts";

/** What the key `shard/<n>` says: where the leader wants the shard, who has claimed it, and its flags. */
export interface ShardValue {
  /** The node that should own it; `undefined` when nobody has been chosen yet. */
  readonly target: Address | undefined;
  /** The node that has claimed it; `undefined` when it was released or never claimed. */
  readonly current: Address | undefined;
  /** Marks that every writer carries through, known or not. {@link PINNED} is the only one with a meaning. */
  readonly flags: readonly string[];
}

/** One ownership, as the key `epoch/<n>` names it. It survives a release: the last owner stays known. */
export interface Owner {
  readonly address: Address;
  /** The registration (create revision of the node's key) under which the claim was made. */
  readonly incarnation: Epoch;
}

/** Flag of a shard that the planner leaves where it is, as long as its node lives. */
export const PINNED = "pinned";

const FLAG_PREFIX = "f=";
const NO_FLAGS: readonly string[] = [];

/**
 * Reads `target,current[,f=flag]*`. As tolerant as the format's other readers: blanks are trimmed, a single part is the target,
 * empty flags and further parts are ignored. Never throws; an address that nobody has is simply a node that is not alive.
 */
export function parseShardValue(text: string): ShardValue {
  const places: string[] = [];
  let flags: string[] | undefined;
  for (const part of text.split(",")) {
    const trimmed = part.trim();
    if (!trimmed.startsWith(FLAG_PREFIX)) places.push(trimmed);
    else if (trimmed.length > FLAG_PREFIX.length) (flags ??= []).push(trimmed.slice(FLAG_PREFIX.length));
  }
  return { target: addressOf(places[0]), current: addressOf(places[1]), flags: flags ?? NO_FLAGS };
}

/** Writes `target,current[,f=flag]*`; always with at least one comma. */
export function formatShardValue(value: ShardValue): string {
  const flags = value.flags.map((flag) => `,${FLAG_PREFIX}${flag}`).join("");
  return `${value.target ?? ""},${value.current ?? ""}${flags}`;
}

/** Reads `<address>,<incarnation>`; `undefined` when the text is anything else, and then it proves nobody's ownership. */
export function parseOwner(text: string): Owner | undefined {
  const match = /^([^,\s]+),([1-9][0-9]{0,15})$/.exec(text);
  if (match === null) return undefined;
  return { address: match[1] as Address, incarnation: Number(match[2]) };
}

/** Writes `<address>,<incarnation>`. */
export function formatOwner(owner: Owner): string {
  return `${owner.address},${owner.incarnation}`;
}

function addressOf(text: string | undefined): Address | undefined {
  return text === undefined || text === "" ? undefined : (text as Address);
}
