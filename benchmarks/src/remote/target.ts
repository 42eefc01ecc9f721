import { type AnyImplementation, contract, implement, type Schema } from "@goverse/core";
import { z } from "zod";

/** Payload of a call, in bytes: with type, id, method and call id a message has about 130. */
export const PAYLOAD_BYTES = 21;
/** Most turns of the event loop that a handler gives way before it answers; without, replies would march in step and flatter batching. */
const MAX_YIELDS = 5;

/** Travels as the bytes it is. */
const bytes: Schema<Uint8Array> = {
  "~standard": { version: 1, vendor: "benchmark", validate: (value) => ({ value: value as Uint8Array }) },
  "~wire": {
    typeName: "benchmark.Bytes",
    encode: (value) => value as Uint8Array,
    decode: (value) => value,
    toJsonText: () => "null",
    fromJsonText: () => new Uint8Array(),
  },
};
const message = z.object({ text: z.string(), n: z.number() });

/** What is called across processes. Methods whose names begin with `Step` answer at once. */
export const Target = contract("Target", {
  methods: {
    Bytes: { in: bytes, out: bytes },
    Json: { in: message, out: message },
    StepBytes: { in: bytes, out: bytes },
  },
});

/** Gives way to other work as often as chance says. */
export async function giveWay(): Promise<void> {
  for (let yields = Math.floor(Math.random() * (MAX_YIELDS + 1)); yields > 0; yields -= 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Makes the object that answers. */
export function target(): AnyImplementation {
  return implement(Target, {
    state: () => ({}),
    methods: {
      Bytes: async (_ctx, input) => {
        await giveWay();
        return input;
      },
      Json: async (_ctx, input) => {
        await giveWay();
        return input;
      },
      StepBytes: async (_ctx, input) => input,
    },
  });
}
