import {
  type AnyContract,
  type AnyImplementation,
  invalidArgument,
  type LifecycleContext,
  type MethodContract,
  type Schema,
} from "@goverse/core";
import type { ObjectCounts } from "@goverse/metrics";
import type { Cell } from "./cell.ts";
import { CellTable } from "./cell-table.ts";
import type { MethodRecord, NodeMetrics } from "./node-metrics.ts";

/** How a turn shares its object: reads with each other, an exclusive one with nobody. */
export type TurnMode = "read" | "exclusive";

/** What a turn does. Creating and destroying wait for their turn like calls, but are not calls of a method. */
export type TurnKind = "call" | "create" | "destroy";

/** A method as the registry knows it: everything a call needs, resolved once. */
export interface ObjectMethod {
  readonly kind: TurnKind;
  readonly name: string;
  /** `<Type>.<Method>`, for messages. */
  readonly label: string;
  /** `<Type>.<Method> input`, for refusals. */
  readonly inputField: string;
  readonly mode: TurnMode;
  readonly reentrant: boolean;
  readonly contract: MethodContract;
  readonly handler: Handler;
  readonly metrics: MethodRecord;
}

/** A method as the author wrote it, without its types. */
type Handler = (ctx: unknown, input: unknown) => unknown;

/** A behaviour without its types: it only ever meets the state that it made. */
interface AnyBehaviour {
  readonly state: (id: string) => unknown;
  readonly methods: Readonly<Record<string, Handler>>;
  readonly onActivate?: (ctx: LifecycleContext<unknown>) => unknown;
  readonly onDeactivate?: (ctx: LifecycleContext<unknown>) => unknown;
  readonly idleMs?: number;
}

/** A registered type and its objects. */
export class ObjectType {
  readonly name: string;
  readonly contract: AnyContract;
  readonly behaviour: AnyBehaviour;
  readonly methods: ReadonlyMap<string, ObjectMethod>;
  readonly events: ReadonlyMap<string, AnyContract["events"][string]>;
  readonly create: ObjectMethod;
  readonly destroy: ObjectMethod;
  readonly cells: CellTable;
  /** Active objects of a type that is deactivated when idle → when they were last used, on the monotonic clock. */
  readonly idleSince: Map<Cell, number> = new Map();
  /** By which number the object counts know the type. */
  readonly countIndex: number;

  /** @throws GoverseError `INVALID_ARGUMENT` when a method of the contract has no handler. */
  constructor(implementation: AnyImplementation, metrics: NodeMetrics, counts: ObjectCounts) {
    this.contract = implementation.contract;
    this.name = this.contract.name;
    this.behaviour = implementation.behaviour as AnyBehaviour;
    this.countIndex = counts.typeIndex(this.name);
    this.cells = new CellTable(this, counts.shardCount);
    this.methods = methodsOf(this.contract, this.behaviour, metrics);
    this.events = new Map(Object.entries(this.contract.events));
    // Creating changes nothing of an object that exists, so it shares the object as a read does.
    this.create = systemMethod(this.name, "create", "read", {});
    this.destroy = systemMethod(this.name, "destroy", "exclusive", { out: WHETHER_IT_EXISTED });
  }
}

function methodsOf(contract: AnyContract, behaviour: AnyBehaviour, metrics: NodeMetrics): Map<string, ObjectMethod> {
  const handlers = new Map(Object.entries(behaviour.methods));
  const recorder = metrics.registerType(contract.name, Object.keys(contract.methods));
  const methods = new Map<string, ObjectMethod>();
  for (const [name, definition] of Object.entries(contract.methods)) {
    const handler = handlers.get(name);
    if (typeof handler !== "function") {
      throw invalidArgument(`implementation of ${contract.name}`, name, "this method has no handler");
    }
    methods.set(name, {
      kind: "call",
      name,
      label: `${contract.name}.${name}`,
      inputField: `${contract.name}.${name} input`,
      mode: definition.mode ?? "exclusive",
      reentrant: definition.reentrant ?? false,
      contract: definition,
      // Methods may use `this` for their siblings, as in any object literal.
      handler: handler.bind(behaviour.methods),
      metrics: recorder.method(name),
    });
  }
  return methods;
}

function systemMethod(
  type: string,
  kind: "create" | "destroy",
  mode: TurnMode,
  contract: MethodContract,
): ObjectMethod {
  return {
    kind,
    name: kind,
    label: `${kind} ${type}`,
    inputField: "",
    mode,
    reentrant: false,
    contract,
    handler: () => undefined,
    metrics: UNRECORDED,
  };
}

const WHETHER_IT_EXISTED: Schema = {
  "~standard": { version: 1, vendor: "goverse", validate: (value) => ({ value }) },
};

/** Creating and destroying are not calls of a method, so no series counts them. */
const UNRECORDED: MethodRecord = { callFinished: () => {}, queueWaited: () => {} };
