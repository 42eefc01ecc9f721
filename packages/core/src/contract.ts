import { invalidArgument } from "./errors.ts";
import type { Schema } from "./payload.ts";
import type { SchemaInput, SchemaOutput } from "./standard-schema.ts";

/** What a contract says of one method. */
export interface MethodContract {
  /** Checked where the call arrives. Without it the method takes no input. */
  readonly in?: Schema;
  /** Checked where the reply arrives. Without it the method returns nothing. */
  readonly out?: Schema;
  /** Failures that are part of the contract: name → data, carried to the caller. */
  readonly errors?: Readonly<Record<string, Schema>>;
  /** `read` turns run together and must not change state. Default `exclusive`: one turn at a time. */
  readonly mode?: "read" | "exclusive";
  /** Running it twice does no harm, so it is repeated when nobody knows whether it ran. Default false; reads always are. */
  readonly idempotent?: boolean;
  /** A call that comes back to an object in the middle of a turn is let in instead of refused. Default false. */
  readonly reentrant?: boolean;
}

/** The methods of a contract by name. */
export type MethodContracts = Readonly<Record<string, MethodContract>>;

/** The events of a contract by name. */
export type EventContracts = Readonly<Record<string, Schema>>;

/** The events of a contract that has none. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- `never` as the key is what makes every event name a type error
export type NoEvents = Record<never, never>;

/** What is public of an object type: safe to import anywhere, a browser included. */
export interface Contract<
  Methods extends MethodContracts = MethodContracts,
  Events extends EventContracts = EventContracts,
> {
  /** Name of the object type, as in `ChatRoom`. */
  readonly name: string;
  readonly methods: Methods;
  readonly events: Events;
}

/** Names a method must not have: `await`, `JSON.stringify` or the language itself would call or find them on a proxy. */
type ReservedName = "then" | "catch" | "finally" | "toJSON" | "constructor" | "prototype" | "__proto__" | `$${string}`;

/** Turns a reserved method name into a type error that says so. */
export type CheckedMethods<Methods> = {
  readonly [Name in keyof Methods]: Name extends ReservedName
    ? `method name '${Name & string}' is reserved`
    : Methods[Name];
};

/** Any contract, for generic code. Variance makes the exact parameters unusable here. */
export type AnyContract = Contract;

/** The methods of contract `C`. */
export type MethodsOf<C> = C extends Contract<infer Methods> ? Methods : never;

/** The events of contract `C`. */
export type EventsOf<C> = C extends Contract<MethodContracts, infer Events> ? Events : never;

/** Data of event `Name` as the receiver sees it. */
export type EventData<C, Name extends keyof EventsOf<C>> = SchemaOutput<EventsOf<C>[Name]>;

/** Arguments of a method, seen from the caller (what it may give) or from the handler (what it gets). */
export type MethodArgs<Method, Side extends "caller" | "handler"> = Method extends {
  readonly in: infer In extends Schema;
}
  ? [input: Side extends "caller" ? SchemaInput<In> : SchemaOutput<In>]
  : [];

/** Result of a method, seen from the caller (what it gets) or from the handler (what it may give). */
export type MethodResult<Method, Side extends "caller" | "handler"> = Method extends {
  readonly out: infer Out extends Schema;
}
  ? Side extends "caller"
    ? SchemaOutput<Out>
    : SchemaInput<Out>
  : void;

/** Names of the failures a method declares. */
export type DeclaredName<Method> = Method extends { readonly errors: infer Errors } ? keyof Errors & string : never;

/** Data of failure `Name`, seen from the method that fails. */
export type DeclaredInput<Method, Name> = Method extends { readonly errors: infer Errors }
  ? Name extends keyof Errors
    ? SchemaInput<Errors[Name]>
    : never
  : never;

/** The failures a method declares, as its caller sees them. */
export type DeclaredFailure<Method> = Method extends { readonly errors: infer Errors }
  ? { [Name in keyof Errors]: { readonly code: Name; readonly data: SchemaOutput<Errors[Name]> } }[keyof Errors]
  : never;

const TYPE_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,99}$/;
const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const RESERVED: ReadonlySet<string> = new Set([
  "then",
  "catch",
  "finally",
  "toJSON",
  "constructor",
  "prototype",
  "__proto__",
]);

/**
 * Declares an object type: what callers may ask of it and which events it sends.
 * @param name Shown as `type` and `object_type` in metrics: a letter, then letters, digits, `_` and `.`, at most 100.
 * @throws GoverseError `INVALID_ARGUMENT` for a name that is malformed or reserved.
 */
export function contract<const Methods extends MethodContracts, const Events extends EventContracts = NoEvents>(
  name: string,
  definition: { readonly methods: Methods & CheckedMethods<Methods>; readonly events?: Events },
): Contract<Methods, Events> {
  if (!TYPE_NAME.test(name)) throw invalidArgument("object type", name, "use a letter, then letters, digits, _ and .");
  for (const method of Object.keys(definition.methods)) checkMemberName(`method of ${name}`, method);
  for (const event of Object.keys(definition.events ?? {})) checkMemberName(`event of ${name}`, event);
  return { name, methods: definition.methods, events: definition.events ?? ({} as Events) };
}

function checkMemberName(what: string, name: string): void {
  if (RESERVED.has(name)) throw invalidArgument(what, name, "this name is reserved");
  if (!MEMBER_NAME.test(name)) throw invalidArgument(what, name, "use a letter, then letters, digits and _");
}

/** Whether a call may be repeated when nobody knows if it ran. */
export function isRepeatable(method: MethodContract): boolean {
  return method.mode === "read" || method.idempotent === true;
}
