import { type AnyImplementation, GoverseError, invalidArgument } from "@goverse/core";
import type { ObjectCounts } from "@goverse/metrics";
import type { NodeMetrics } from "./node-metrics.ts";
import { ObjectType } from "./object-type.ts";

/** Most known names that an error lists: enough to spot a typing mistake, bounded because it travels. */
const MAX_LISTED_NAMES = 10;
/** Longest part of an unknown name that an error repeats. */
const MAX_NAME_LENGTH = 80;

/** The types of a node. Names from callers are only ever looked up in maps. */
export class Registry {
  readonly #types = new Map<string, ObjectType>();
  readonly #metrics: NodeMetrics;
  readonly #counts: ObjectCounts;

  constructor(metrics: NodeMetrics, counts: ObjectCounts) {
    this.#metrics = metrics;
    this.#counts = counts;
  }

  /** @throws GoverseError `INVALID_ARGUMENT` when the name is taken. */
  register(implementation: AnyImplementation): void {
    const { name } = implementation.contract;
    if (this.#types.has(name)) {
      throw invalidArgument("object type", name, "it is registered already; give each type its own name");
    }
    this.#types.set(name, new ObjectType(implementation, this.#metrics, this.#counts));
  }

  types(): Iterable<ObjectType> {
    return this.#types.values();
  }

  /** @throws GoverseError `UNKNOWN_TYPE` with the names there are. */
  type(name: string): ObjectType {
    const type = this.#types.get(name);
    if (type === undefined) throw this.#unknownType(name);
    return type;
  }

  /** The type of that name, if it is registered. */
  find(name: string): ObjectType | undefined {
    return this.#types.get(name);
  }

  /** The answer to a call of a type or a method that does not exist. Counts the call as a failure of `_unknown`. */
  refuseUnknown(typeName: string, methodName: string): GoverseError {
    const type = this.#types.get(typeName);
    this.#metrics.unknownMethod(type?.name).callFinished(false, 0);
    if (type === undefined) return this.#unknownType(typeName);
    const known = listNames("its methods", type.methods.keys());
    return new GoverseError("UNKNOWN_METHOD", `${type.name} has no method ${shown(methodName)}; ${known}`);
  }

  #unknownType(name: string): GoverseError {
    const known = listNames("registered types", this.#types.keys());
    return new GoverseError("UNKNOWN_TYPE", `object type ${shown(name)} is not registered here; ${known}`);
  }
}

function listNames(what: string, names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return `${what}: none`;
  const rest = all.length > MAX_LISTED_NAMES ? ` and ${all.length - MAX_LISTED_NAMES} more` : "";
  return `${what}: ${all.slice(0, MAX_LISTED_NAMES).join(", ")}${rest}`;
}

function shown(name: string): string {
  return JSON.stringify(name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name);
}
