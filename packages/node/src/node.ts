import {
  type AnyImplementation,
  DEFAULT_SHARD_COUNT,
  jsonTextOf,
  type ShardHolder,
  silentLogger,
  systemClock,
} from "@goverse/core";
import { ObjectCounts } from "@goverse/metrics";
import { Admission } from "./admission.ts";
import { BoundedLog } from "./bounded-log.ts";
import { Dispatcher } from "./dispatcher.ts";
import { IdleSweep } from "./idle-sweep.ts";
import type { Invocation, InvocationReply, ObjectRequest } from "./invocation.ts";
import { resolveLimits } from "./limits.ts";
import { COLD_REASONS } from "./node-metrics.ts";
import type { NodeOptions, ObjectInfo, TurnInfo } from "./options.ts";
import { Registry } from "./registry.ts";
import type { Services } from "./services.ts";
import { ShardDrains } from "./shard-drains.ts";
import { TurnBook } from "./turn-book.ts";

/**
 * The objects of one process: brings them into memory on their first call, runs their turns one at a time, and lets their effects out
 * only while this process owns them. It knows neither network nor etcd: ownership, other nodes and clients are ports.
 */
export class Node {
  readonly #services: Services;
  readonly #registry: Registry;
  readonly #dispatcher: Dispatcher;
  readonly #idle: IdleSweep;
  readonly #drains: ShardDrains;
  readonly #endObservation: () => void;
  readonly #book: TurnBook;
  #stopped: Promise<void> | undefined;

  /** @throws GoverseError `INVALID_ARGUMENT` for a bad limit, or a type that is given twice. */
  constructor(options: NodeOptions) {
    const { metrics } = options;
    const counts = new ObjectCounts(options.shardCount ?? DEFAULT_SHARD_COUNT);
    const book = new TurnBook(options.incarnation);
    this.#book = book;
    const admission = new Admission((turnId) => book.running(turnId));
    this.#services = servicesOf(options, counts, book);
    this.#registry = new Registry(metrics, counts);
    this.#idle = new IdleSweep(this.#services.clock, (cell) => this.#dispatcher.retireOwned(cell));
    this.#dispatcher = new Dispatcher(this.#services, admission, book, (cell) => this.#idle.rested(cell));
    this.#drains = new ShardDrains({
      services: this.#services,
      registry: this.#registry,
      admission,
      book,
      dispatcher: this.#dispatcher,
    });
    metrics.declareReasons({ coldStarts: COLD_REASONS });
    this.#endObservation = metrics.observeObjects(counts);
    for (const implementation of options.implementations ?? []) this.register(implementation);
  }

  /** How consensus takes shards away. */
  get holder(): ShardHolder {
    return this.#drains;
  }

  /**
   * Makes a type callable.
   * @throws GoverseError `INVALID_ARGUMENT` when its name is taken.
   */
  register(implementation: AnyImplementation): void {
    this.#registry.register(implementation);
  }

  /**
   * Calls a method: the one entrance, for calls from clients, from other nodes and from objects of this node.
   * @returns Rejects only with `GoverseError`: `NOT_OWNER` and `UNAVAILABLE` mean that the turn did not start.
   */
  invoke(invocation: Invocation): Promise<InvocationReply> {
    const type = this.#registry.find(invocation.type);
    const method = type?.methods.get(invocation.method);
    if (type === undefined || method === undefined) {
      return Promise.reject(this.#registry.refuseUnknown(invocation.type, invocation.method));
    }
    return this.#dispatcher.submit(type, method, invocation);
  }

  /** Brings an object into memory. One that is there already is fine. */
  async create(request: ObjectRequest): Promise<void> {
    const type = this.#registry.type(request.type);
    const cell = this.#dispatcher.find(type, request.id, request.chain);
    if (cell?.status !== "active") await this.#dispatcher.submit(type, type.create, request);
  }

  /**
   * Takes an object out of memory when its turn comes: `onDeactivate`, then its state is forgotten. Its next call starts afresh.
   * @returns Whether there was one.
   */
  async destroy(request: ObjectRequest): Promise<boolean> {
    const type = this.#registry.type(request.type);
    const cell = this.#dispatcher.find(type, request.id, request.chain);
    if (cell === undefined) return false;
    const reply = await this.#dispatcher.submit(type, type.destroy, request);
    return jsonTextOf(reply.payload) === "true";
  }

  /** The names of the registered types. */
  *types(): Iterable<string> {
    for (const type of this.#registry.types()) yield type.name;
  }

  /** The objects in memory. Walks all of them: for people, not for metrics. */
  *objects(): Iterable<ObjectInfo> {
    for (const type of this.#registry.types()) {
      for (const cell of type.cells.all()) {
        if (cell.status !== "active") continue;
        yield { type: type.name, id: cell.id, activatedAtMs: cell.activatedAtMs };
      }
    }
  }

  /** The turns in flight, running and queued, oldest first. Walks all of them: for people and profiles. */
  *turns(): Iterable<TurnInfo> {
    for (const { cell, method, phase, arrivedMs } of this.#book.turns()) {
      yield { type: cell.type.name, method: method.name, running: phase !== "waiting", sinceMs: arrivedMs };
    }
  }

  /**
   * Refuses new calls, lets running turns finish until `deadlineMs` (monotonic), then abandons them (`UNKNOWN_OUTCOME`), and lets all
   * objects go. Again: the same promise.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#drains.stop(deadlineMs).finally(() => {
      this.#idle.close();
      this.#dispatcher.close();
      this.#endObservation();
    });
    return this.#stopped;
  }
}

function servicesOf(options: NodeOptions, counts: ObjectCounts, book: TurnBook): Services {
  const { clock = systemClock, ownership, calls, pushes, metrics } = options;
  const logger = (options.logger ?? silentLogger).child({ node: options.address });
  return {
    clock,
    logger,
    callLog: new BoundedLog(logger, clock),
    ownership,
    calls,
    pushes,
    metrics,
    counts,
    limits: resolveLimits(options.limits),
    identify: (turn) => book.identify(turn),
  };
}
