import {
  type AnyContract,
  type CallerInfo,
  encodePayload,
  GoverseError,
  invalidArgument,
  jsonTextOf,
  JSON_TYPE_URL,
  type Logger,
  type Payload,
  type PushMessage,
  type Remote,
  remote,
  type Schema,
} from "@goverse/core";
import { declare } from "./failure.ts";
import { Outbox } from "./outbox.ts";
import type { Services } from "./services.ts";
import { assertOwned, assertRunning, TurnCaller } from "./turn-caller.ts";
import type { Turn } from "./turn.ts";

/**
 * What a method gets as `ctx`: `Context` of `@goverse/core` without its type parameters. Read mode makes the state read-only in type
 * alone; freezing it would cost every read a walk through it.
 */
export class TurnContext {
  readonly #turn: Turn;
  readonly #services: Services;
  #caller: TurnCaller | undefined;
  #log: Logger | undefined;

  constructor(turn: Turn, services: Services) {
    this.#turn = turn;
    this.#services = services;
  }

  get id(): string {
    return this.#turn.cell.id;
  }

  get type(): string {
    return this.#turn.cell.type.name;
  }

  get state(): unknown {
    assertRunning(this.#turn);
    return this.#turn.cell.state;
  }

  get caller(): CallerInfo {
    return this.#turn.caller;
  }

  get callId(): string {
    return this.#turn.callId;
  }

  get signal(): AbortSignal {
    return this.#turn.signal;
  }

  get log(): Logger {
    this.#log ??= this.#services.logger.child({
      type: this.type,
      id: this.id,
      method: this.#turn.method.name,
      callId: this.callId,
    });
    return this.#log;
  }

  remainingMs(): number {
    assertRunning(this.#turn);
    return Math.max(0, this.#turn.deadlineMs - this.#services.clock.monotonicMs());
  }

  object<Other extends AnyContract>(contract: Other, id: string): Remote<Other> {
    assertRunning(this.#turn);
    this.#caller ??= new TurnCaller(this.#turn, this.#services);
    return remote(contract, id, this.#caller);
  }

  push(to: string | readonly string[], event: string, data: unknown): void {
    const clients = typeof to === "string" ? [to] : [...to];
    const payload = this.#encodeEvent(event, data);
    if (clients.length > 0) this.#hold({ to: clients, source: this.#source(), event, payload });
  }

  broadcast(event: string, data: unknown): void {
    const payload = this.#encodeEvent(event, data);
    this.#hold({ to: "everyone", source: this.#source(), event, payload });
  }

  /** Asynchronous in its contract, so that events may one day be awaited; today they are handed over at once. */
  async flush(): Promise<void> {
    const turn = this.#turn;
    assertRunning(turn);
    assertOwned(turn, this.#services);
    const messages = turn.outbox?.take() ?? [];
    // When the caller has been answered already, as by its deadline, the turn counts as failed: nothing leaves any more.
    if (messages.length > 0 && !turn.answered) this.#services.pushes.push(messages);
  }

  fail(name: string, data: unknown): never {
    assertRunning(this.#turn);
    const { method } = this.#turn;
    const schema = new Map(Object.entries(method.contract.errors ?? {})).get(name);
    if (schema === undefined) {
      throw invalidArgument(`failure of ${method.label}`, name, "the contract does not declare it");
    }
    const declared = { name, data: asJsonData(schema, data) };
    const error = new GoverseError("DECLARED", `${method.label} failed: ${name}`, { callId: this.callId, declared });
    declare(error, this.#turn);
    throw error;
  }

  assertOwner(): void {
    assertRunning(this.#turn);
    assertOwned(this.#turn, this.#services);
  }

  #encodeEvent(event: string, data: unknown): Payload | undefined {
    assertRunning(this.#turn);
    const { type } = this.#turn.cell;
    const schema = type.events.get(event);
    if (schema === undefined) throw invalidArgument(`event of ${type.name}`, event, "the contract does not declare it");
    return encodePayload(schema, data);
  }

  #hold(message: PushMessage): void {
    this.#turn.outbox ??= new Outbox(this.#services.limits);
    this.#turn.outbox.add(message);
  }

  #source(): PushMessage["source"] {
    return { type: this.type, id: this.id };
  }
}

const AS_JSON: Payload = { typeUrl: JSON_TYPE_URL, bytes: new Uint8Array(0) };

/** The data of a declared failure as it travels: JSON, copied, so that nobody shares the object's own state. */
function asJsonData(schema: Schema, data: unknown): unknown {
  return JSON.parse(jsonTextOf(encodePayload(schema, data, AS_JSON)) ?? "null") as unknown;
}
