import {
  type AnyContract,
  type Contract,
  type DeclaredFailure,
  isRepeatable,
  type MethodArgs,
  type MethodContract,
  type MethodResult,
} from "./contract.ts";
import { GoverseError, invalidArgument } from "./errors.ts";
import { decodePayload, encodePayload } from "./payload.ts";
import type { Caller } from "./ports/caller.ts";
import { validate } from "./validate.ts";

/** What a caller may say beside the input. */
export interface CallOptions {
  /** Gives the call up. The method may still run. */
  readonly signal?: AbortSignal;
  /** Longest wait for the reply, in milliseconds. Default 10 000, and never more than the calling turn has left. */
  readonly timeoutMs?: number;
}

/** Either the method's result or a failure that its contract declares. */
export type CallResult<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

/** The methods of an object as functions. */
type RemoteMethods<Methods> = {
  readonly [Name in keyof Methods]: (
    ...args: [...MethodArgs<Methods[Name], "caller">, options?: CallOptions]
  ) => Promise<MethodResult<Methods[Name], "caller">>;
};

/** The same, answering declared failures as values instead of throwing them. */
type TriedMethods<Methods> = {
  readonly [Name in keyof Methods]: (
    ...args: [...MethodArgs<Methods[Name], "caller">, options?: CallOptions]
  ) => Promise<CallResult<MethodResult<Methods[Name], "caller">, DeclaredFailure<Methods[Name]>>>;
};

/** A typed proxy of one object. Everything it throws is a `GoverseError`. */
export type Remote<C> =
  C extends Contract<infer Methods>
    ? RemoteMethods<Methods> & { readonly $try: TriedMethods<Methods>; readonly $type: string; readonly $id: string }
    : never;

type Invoke = (...args: unknown[]) => Promise<unknown>;

/** Makes the proxy of object `id`, whose calls go through `caller`. Cheap: no connection, no look-up. */
export function remote<C extends AnyContract>(contract: C, id: string, caller: Caller): Remote<C> {
  // Without a prototype there is nothing on it but what the contract names.
  const proxy = Object.create(null) as Record<string, unknown>;
  const tried = Object.create(null) as Record<string, Invoke>;
  for (const [name, method] of Object.entries((contract as Contract).methods)) {
    const invoke: Invoke = (...args) => call(contract.name, id, name, method, args, caller);
    proxy[name] = invoke;
    tried[name] = (...args) => attempt(invoke, args);
  }
  return Object.freeze(
    Object.assign(proxy, { $try: Object.freeze(tried), $type: contract.name, $id: id }),
  ) as Remote<C>;
}

async function call(
  type: string,
  id: string,
  name: string,
  method: MethodContract,
  args: readonly unknown[],
  caller: Caller,
): Promise<unknown> {
  const field = `${type}.${name}`;
  const input = method.in === undefined ? undefined : args[0];
  const options = (method.in === undefined ? args[0] : args[1]) as CallOptions | undefined;
  checkTimeout(options?.timeoutMs);
  try {
    const reply = await caller.call({
      type,
      id,
      method: name,
      payload: encodePayload(method.in, input),
      timeoutMs: options?.timeoutMs,
      signal: options?.signal,
      repeatable: isRepeatable(method),
    });
    // Most schemas answer at once: then there is nothing more to wait for.
    const result = validate(method.out, decodePayload(method.out, reply, `${field} result`), `${field} result`);
    return result instanceof Promise ? await result : result;
  } catch (error) {
    throw await withDeclaredData(GoverseError.from(error), method, field);
  }
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw invalidArgument("timeoutMs", timeoutMs, "give a positive number of milliseconds");
  }
}

/** Checks the data of a declared failure with the caller's own schema, as everything that is received. */
async function withDeclaredData(error: GoverseError, method: MethodContract, field: string): Promise<GoverseError> {
  const declared = error.details.declared;
  if (error.code !== "DECLARED" || declared === undefined) return error;
  const schemas = new Map(Object.entries(method.errors ?? {}));
  const schema = schemas.get(declared.name);
  if (schema === undefined) {
    return new GoverseError("INTERNAL", `${field} failed with ${declared.name}, which this contract does not declare`);
  }
  const data = await validate(schema, declared.data, `${field} failure ${declared.name}`);
  return new GoverseError("DECLARED", error.message, { ...error.details, declared: { name: declared.name, data } });
}

async function attempt(invoke: Invoke, args: unknown[]): Promise<CallResult<unknown, unknown>> {
  try {
    return { ok: true, value: await invoke(...args) };
  } catch (error) {
    const declared = error instanceof GoverseError ? error.details.declared : undefined;
    if (declared === undefined) throw error;
    return { ok: false, error: { code: declared.name, data: declared.data } };
  }
}
