import type {
  AnyContract,
  DeclaredInput,
  DeclaredName,
  EventsOf,
  MethodArgs,
  MethodResult,
  MethodsOf,
} from "./contract.ts";
import type { Logger } from "./ports/logger.ts";
import type { Remote } from "./remote.ts";
import type { SchemaInput } from "./standard-schema.ts";

/** A value now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** State as a read turn sees it: deeply read-only. */
export type DeepReadonly<S> =
  S extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, DeepReadonly<V>>
    : S extends ReadonlySet<infer V>
      ? ReadonlySet<DeepReadonly<V>>
      : S extends (...args: never[]) => unknown
        ? S
        : S extends object
          ? { readonly [Key in keyof S]: DeepReadonly<S[Key]> }
          : S;

/** Who set a call off: it is handed on from object to object. */
export interface CallerInfo {
  /**
   * The client connection at the beginning of the chain of calls, to push to; `undefined` when a request without a connection, or
   * the process itself, began it.
   */
  readonly clientId: string | undefined;
}

/**
 * What a method gets beside its input. It is valid for one turn: used later, its functions throw `TURN_ENDED`.
 */
export interface Context<C, Method, State> {
  readonly id: string;
  readonly type: string;
  /** The object's own state; read-only in `read` turns. */
  readonly state: Method extends { readonly mode: "read" } ? DeepReadonly<State> : State;
  readonly caller: CallerInfo;
  /** Identifies this call in logs and in `UNKNOWN_OUTCOME` errors. */
  readonly callId: string;
  /** Aborted when the caller gave up, the deadline passed, or this process lost the object. */
  readonly signal: AbortSignal;
  /** Time left until the caller's deadline, in milliseconds; 0 when it has passed. */
  remainingMs(): number;
  readonly log: Logger;
  /** Another object. Its calls carry this turn's chain and its remaining time. */
  object<Other extends AnyContract>(contract: Other, id: string): Remote<Other>;
  /**
   * Sends an event to clients. It leaves with the reply; when the method throws, it is discarded.
   * @param to One client id or several.
   */
  push<Name extends keyof EventsOf<C> & string>(
    to: string | readonly string[],
    event: Name,
    data: SchemaInput<EventsOf<C>[Name]>,
  ): void;
  /** Sends an event to every client of every gate. Leaves with the reply. */
  broadcast<Name extends keyof EventsOf<C> & string>(event: Name, data: SchemaInput<EventsOf<C>[Name]>): void;
  /** Lets the events of a long turn leave now, after checking that this process still owns the object. */
  flush(): Promise<void>;
  /** Ends the turn with a failure that the contract declares. */
  fail<Name extends DeclaredName<Method>>(name: Name, data: DeclaredInput<Method, Name>): never;
  /** Throws `NOT_OWNER` when this process does not own the object any more. Call it before effects outside the system. */
  assertOwner(): void;
}

/** What `onActivate` and `onDeactivate` get. */
export interface LifecycleContext<State> {
  readonly id: string;
  readonly type: string;
  readonly state: State;
  readonly log: Logger;
}

/** The methods of contract `C` over state `State`. */
export type Handlers<C, State> = {
  readonly [Name in keyof MethodsOf<C>]: (
    ctx: Context<C, MethodsOf<C>[Name], State>,
    ...args: MethodArgs<MethodsOf<C>[Name], "handler">
  ) => MaybePromise<MethodResult<MethodsOf<C>[Name], "handler">>;
};
