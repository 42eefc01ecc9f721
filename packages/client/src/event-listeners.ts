import {
  type AnyContract,
  decodePayload,
  GoverseError,
  invalidArgument,
  type Logger,
  type Schema,
  validate,
} from "@goverse/core";
import type { ClientEvent } from "@goverse/protocol";
import type { EventMeta } from "./client.ts";

/** Most listeners of one client: more are a loop that forgets to end them. */
export const MAX_LISTENERS = 1000;
/** Most events that wait for a schema that answers later: past it they arrive faster than they can be checked. */
const MAX_WAITING_EVENTS = 1000;

type Listener = (data: unknown, meta: EventMeta) => void;
/** The listeners of one event. Two contracts of one name may check it differently. */
type BySchema = Map<Schema, Set<{ readonly call: Listener }>>;

/** Who hears which event of which type, in the order in which the events came. */
export class EventListeners {
  readonly #logger: Logger;
  readonly #events = new Map<string, BySchema>();
  #count = 0;
  #dropped = 0;
  #waiting: ClientEvent[] | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Events that nobody could be told of, although somebody listens. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** Adds a listener. The same function may be added twice, and hears twice. */
  add(contract: AnyContract, event: string, call: Listener): () => void {
    const schema = new Map(Object.entries(contract.events)).get(event);
    if (schema === undefined) {
      throw invalidArgument(`event of ${contract.name}`, event, "the contract has no such event");
    }
    if (this.#count >= MAX_LISTENERS) {
      throw new GoverseError(
        "RESOURCE_EXHAUSTED",
        `${MAX_LISTENERS} listeners are the most: end those not needed any more`,
      );
    }
    const key = keyOf(contract.name, event);
    const bySchema: BySchema = this.#events.get(key) ?? new Map();
    const listeners = bySchema.get(schema) ?? new Set();
    const listener = { call };
    this.#events.set(key, bySchema.set(schema, listeners.add(listener)));
    this.#count += 1;
    return () => {
      if (!listeners.delete(listener)) return;
      this.#count -= 1;
      if (listeners.size === 0) bySchema.delete(schema);
      if (bySchema.size === 0) this.#events.delete(key);
    };
  }

  /** Tells everybody who listens. Never throws. */
  deliver(event: ClientEvent): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < MAX_WAITING_EVENTS) this.#waiting.push(event);
      else this.drop("an event was dropped: too many wait for their schema", event);
      return;
    }
    const late = this.#tell(event);
    if (late.length > 0) void this.#tellInOrder(late);
  }

  /** Counts something that was meant to be an event. */
  drop(message: string, event: ClientEvent | undefined, error?: unknown): void {
    this.#dropped += 1;
    const source = event === undefined ? {} : { type: event.source.type, id: event.source.id, event: event.event };
    this.#logger.warn(message, { ...source, error });
  }

  /** Some schemas answer later; the next events wait for them, so that none overtakes another. */
  async #tellInOrder(first: readonly Promise<void>[]): Promise<void> {
    const waiting: ClientEvent[] = [];
    this.#waiting = waiting;
    await Promise.all(first);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await Promise.all(this.#tell(next));
    this.#waiting = undefined;
  }

  #tell(event: ClientEvent): readonly Promise<void>[] {
    const bySchema = this.#events.get(keyOf(event.source.type, event.event));
    const late: Promise<void>[] = [];
    for (const [schema, listeners] of bySchema ?? []) {
      const field = `${event.source.type} event ${event.event}`;
      const invalid = (error: unknown): void => this.drop("an event does not fit its contract", event, error);
      try {
        const value = validate(schema, decodePayload(schema, event.payload, field), field);
        const tell = (data: unknown): void => this.#callAll([...listeners], data, event);
        if (value instanceof Promise) late.push(value.then(tell, invalid));
        else tell(value);
      } catch (error) {
        invalid(error);
      }
    }
    return late;
  }

  #callAll(listeners: readonly { readonly call: Listener }[], data: unknown, event: ClientEvent): void {
    for (const { call } of listeners) {
      try {
        call(data, event.source);
      } catch (error) {
        this.#logger.error("a listener failed", { type: event.source.type, event: event.event, error });
      }
    }
  }
}

function keyOf(type: string, event: string): string {
  return JSON.stringify([type, event]);
}
