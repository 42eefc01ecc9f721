import {
  type AnyContract,
  JSON_TYPE_URL,
  jsonPayload,
  jsonTextOf,
  type MethodContract,
  type Schema,
} from "@goverse/core";

/**
 * The contract with every protobuf message in its JSON form, so that a client that only has HTTP can speak it. Schemas without a
 * form of their own are JSON already and stay as they are.
 */
export function jsonContract<C extends AnyContract>(contract: C): C {
  const known = adapted.get(contract);
  if (known !== undefined) return known as C;
  const methods = Object.entries(contract.methods).map(([name, method]) => [name, jsonMethod(method)] as const);
  const json = { ...contract, methods: Object.fromEntries(methods) };
  adapted.set(contract, json);
  return json;
}

const adapted = new WeakMap<AnyContract, AnyContract>();

function jsonMethod(method: MethodContract): MethodContract {
  const { in: input, out } = method;
  return {
    ...method,
    ...(input === undefined ? {} : { in: jsonSchema(input) }),
    ...(out === undefined ? {} : { out: jsonSchema(out) }),
  };
}

function jsonSchema(schema: Schema): Schema {
  const wire = schema["~wire"];
  if (wire === undefined) return schema;
  return {
    "~standard": schema["~standard"],
    "~wire": {
      ...wire,
      typeName: JSON_TYPE_URL.slice(JSON_TYPE_URL.lastIndexOf("/") + 1),
      encode: (value) => jsonPayload(wire.toJsonText(value)).bytes,
      decode: (bytes) => wire.fromJsonText(jsonTextOf({ typeUrl: JSON_TYPE_URL, bytes }) ?? ""),
    },
  };
}
