import { invalidArgument, parseAddress } from "@goverse/core";
import { type Preset, type PresetName, PRESETS } from "./presets.ts";

const ETCD_OPTION = "etcdAddress (--etcd)";

/**
 * etcd's endpoints from text or list.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function parseEndpoints(given: string | readonly string[]): readonly string[] {
  const endpoints = (typeof given === "string" ? given.split(",") : given).map((text) => text.trim());
  if (endpoints.length === 0) {
    throw invalidArgument(ETCD_OPTION, "", "give at least one host:port, for example localhost:2379");
  }
  for (const endpoint of endpoints) parseAddress(endpoint.replace(/^https?:\/\//, ""), ETCD_OPTION);
  return endpoints;
}

/**
 * What the keys of a cluster begin with.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function checkEtcdPrefix(prefix: string): string {
  if (/^(?:\/[A-Za-z0-9_.-]+)+\/?$/.test(prefix)) return prefix;
  const remedy = "write it like a path: a slash, then letters, digits, _ . or -";
  throw invalidArgument("etcdPrefix (--etcd-prefix)", prefix, remedy);
}

/**
 * The times of a preset, with single ones replaced.
 * @throws GoverseError `INVALID_ARGUMENT` for an unknown preset or a time that is none.
 */
export function resolveTimes(preset: PresetName, given: Partial<Preset> = {}): Preset {
  if (!Object.hasOwn(PRESETS, preset)) {
    throw invalidArgument("preset (--preset)", preset, `use ${Object.keys(PRESETS).join(" or ")}`);
  }
  const times: Preset = { ...PRESETS[preset], ...given };
  for (const [name, value] of Object.entries(times)) {
    if (!Number.isFinite(value) || value < 0) {
      throw invalidArgument(`times.${name}`, value, "give a number of milliseconds, 0 or more");
    }
  }
  return times;
}

/**
 * A whole number from 1 to `max`.
 * @throws GoverseError `INVALID_ARGUMENT`.
 */
export function checkCount(option: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidArgument(option, value, `give a whole number from 1 to ${max}`);
}
