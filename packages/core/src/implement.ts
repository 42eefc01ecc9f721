import {
  type AnyContract,
  type CheckedMethods,
  type Contract,
  contract,
  type EventContracts,
  type MethodContracts,
  type NoEvents,
} from "./contract.ts";
import type { Handlers, LifecycleContext, MaybePromise } from "./context.ts";
import { invalidArgument } from "./errors.ts";

/** How objects of a type behave. Register it with a server; never import it in a client. */
export interface Implementation<C extends AnyContract = AnyContract, State = unknown> {
  readonly contract: C;
  readonly behaviour: Behaviour<C, State>;
}

/** What the author of an object type writes. */
export interface Behaviour<C, State> {
  /** Makes the state of a new object. Keep it first: the other members are typed by it. */
  readonly state: (id: string) => State;
  readonly methods: Handlers<C, NoInfer<State>>;
  /** Runs before the first turn. When it throws, that call fails and the next one tries again. */
  readonly onActivate?: (ctx: LifecycleContext<NoInfer<State>>) => MaybePromise<void>;
  /** Runs after the last turn when the object leaves memory in an orderly way. Not after a crash or a lost lease. */
  readonly onDeactivate?: (ctx: LifecycleContext<NoInfer<State>>) => MaybePromise<void>;
  /** Leaves memory after this long without a call, in milliseconds, and loses its state. Default: never. */
  readonly idleMs?: number;
}

/**
 * Any implementation, for a registry. State is both made and taken by a behaviour, so no common type parameter fits them all: the
 * registry that runs it knows that a behaviour only ever meets its own state.
 */
export interface AnyImplementation {
  readonly contract: AnyContract;
  readonly behaviour: unknown;
}

/**
 * Gives a contract its behaviour.
 * @throws GoverseError `INVALID_ARGUMENT` when a method of the contract has no handler or a handler no method.
 */
export function implement<C extends AnyContract, State>(
  target: C,
  behaviour: Behaviour<C, State>,
): Implementation<C, State> {
  const methods: ReadonlySet<string> = new Set(Object.keys(target.methods));
  const handlers: ReadonlySet<string> = new Set(Object.keys(behaviour.methods));
  for (const name of methods) {
    if (!handlers.has(name)) {
      throw invalidArgument(`implementation of ${target.name}`, name, "this method has no handler");
    }
  }
  for (const name of handlers) {
    if (!methods.has(name)) {
      throw invalidArgument(`implementation of ${target.name}`, name, "the contract has no such method");
    }
  }
  const { idleMs } = behaviour;
  if (idleMs !== undefined && !(idleMs > 0)) {
    throw invalidArgument(
      `idleMs of ${target.name}`,
      idleMs,
      "give a positive number of milliseconds, or leave it out for never",
    );
  }
  return { contract: target, behaviour };
}

/** Contract and implementation in one: for programs whose clients may import the server's code. */
export interface DefinedObject<C extends AnyContract, State> extends Implementation<C, State> {
  readonly name: C["name"];
  readonly methods: C["methods"];
  readonly events: C["events"];
}

/** Declares and implements an object type in one expression. The result serves as contract and as implementation. */
export function defineObject<
  const Methods extends MethodContracts,
  State,
  const Events extends EventContracts = NoEvents,
>(
  name: string,
  definition: {
    readonly contract: Methods & CheckedMethods<Methods>;
    readonly events?: Events;
  } & Behaviour<Contract<NoInfer<Methods>, NoInfer<Events>>, State>,
): DefinedObject<Contract<Methods, Events>, State> {
  const { contract: methods, events, ...behaviour } = definition;
  const defined = contract<Methods, Events>(name, { methods, ...(events === undefined ? {} : { events }) });
  return { ...defined, ...implement(defined, behaviour as Behaviour<Contract<Methods, Events>, State>) };
}
