import {
  type Address,
  type AnyContract,
  type AnyImplementation,
  type Caller,
  type CallerInfo,
  GoverseError,
  type LogFields,
  type Logger,
  parseAddress,
  parseObjectId,
  type Place,
  type PushMessage,
  type Remote,
  remote,
} from "@goverse/core";
import { createMetrics, type GoverseMetrics } from "@goverse/metrics";
import type { CallOrigin, Invocation, InvocationReply, NodeLimits, ObjectRequest } from "../../src/index.ts";
import { Node } from "../../src/index.ts";
import { ManualClock } from "./manual-clock.ts";

const ADDRESS: Address = parseAddress("localhost:47000");
const SHARDS = 64;

/** What a test may choose. */
export interface HarnessOptions {
  readonly implementations?: readonly AnyImplementation[];
  readonly limits?: Partial<NodeLimits>;
  readonly log?: Logger;
}

/** A message that a logger got. */
export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

type CallChanges = Partial<Pick<Invocation, "chain" | "deadlineMs" | "signal" | "callId" | "caller">>;

/** A node with everything around it under the test's control; calls of `ctx.object()` come back to the same node. */
export class Harness {
  readonly clock: ManualClock = new ManualClock();
  readonly metrics: GoverseMetrics;
  readonly node: Node;
  readonly pushed: PushMessage[] = [];
  readonly logged: Logged[] = [];
  readonly origins: CallOrigin[] = [];
  readonly timeouts: (number | undefined)[] = [];
  /** Which epoch the node has for a place; `undefined` takes ownership away. */
  epochOf: (place: Place) => number | undefined = () => 7;
  /** Replaces the way of calls to other objects. */
  outgoing: ((invocation: Invocation) => Promise<InvocationReply>) | undefined;
  onPush: () => void = () => {};
  #calls = 0;

  constructor(options: HarnessOptions = {}) {
    this.metrics = createMetrics({ node: ADDRESS, role: "node", processMetrics: false, clock: this.clock });
    this.node = new Node({
      address: ADDRESS,
      shardCount: SHARDS,
      implementations: options.implementations ?? [],
      ownership: { epochOf: (place) => this.epochOf(place) },
      calls: {
        call: async (request, origin) => {
          this.origins.push(origin);
          this.timeouts.push(request.timeoutMs);
          const invocation = this.invocation(request.type, request.id, request.method, {
            chain: origin.chain,
            caller: origin.caller,
            deadlineMs: this.clock.monotonicMs() + (request.timeoutMs ?? 0),
            ...(request.signal === undefined ? {} : { signal: request.signal }),
          });
          const send = this.outgoing ?? ((call: Invocation) => this.node.invoke(call));
          return (await send({ ...invocation, payload: request.payload })).payload;
        },
      },
      pushes: {
        push: (messages) => {
          this.onPush();
          this.pushed.push(...messages);
        },
      },
      metrics: this.metrics,
      incarnation: () => 42,
      clock: this.clock,
      logger: options.log ?? this.#logger({}),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
  }

  request(type: string, id: string, changes: CallChanges = {}): ObjectRequest {
    this.#calls += 1;
    return {
      type,
      id: parseObjectId(id, SHARDS),
      callId: `call-${this.#calls}`,
      chain: [],
      deadlineMs: this.clock.monotonicMs() + 10_000,
      ...changes,
    };
  }

  invocation(type: string, id: string, method: string, changes: CallChanges = {}): Invocation {
    const caller: CallerInfo = { clientId: undefined };
    return { caller, ...this.request(type, id, changes), method, payload: undefined };
  }

  /** The typed proxy of an object, as a client has it. */
  object<C extends AnyContract>(contract: C, id: string, changes: CallChanges = {}): Remote<C> {
    const caller: Caller = {
      call: async (request) => {
        const invocation = this.invocation(request.type, request.id, request.method, {
          ...(request.timeoutMs === undefined ? {} : { deadlineMs: this.clock.monotonicMs() + request.timeoutMs }),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
          ...changes,
        });
        return (await this.node.invoke({ ...invocation, payload: request.payload })).payload;
      },
    };
    return remote(contract, id, caller);
  }

  shardOf(id: string): number {
    const { place } = parseObjectId(id, SHARDS);
    return place.kind === "shard" ? place.shard : -1;
  }

  /** Lines of `/metrics` that start with `prefix`, without the node label. */
  async metric(prefix: string): Promise<string[]> {
    const { chunks } = await this.metrics.expose();
    return chunks
      .join("")
      .split("\n")
      .map((line) => line.replace(`node="${ADDRESS}",`, ""))
      .filter((line) => line.startsWith(prefix));
  }

  #logger(base: LogFields): Logger {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        this.logged.push({ level, message, fields: { ...base, ...fields } });
      };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      child: (fields) => this.#logger({ ...base, ...fields }),
    };
  }
}

/** The `GoverseError` that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<GoverseError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GoverseError) return error;
    throw error;
  }
  throw new Error("expected a rejection");
}

/** A promise that the test resolves. */
export class Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
