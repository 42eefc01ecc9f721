import { GoverseError, jsonPayload } from "@goverse/core";
import type { ClientEvent } from "@goverse/protocol";
import { createGrpcClient } from "../../src/grpc.ts";
import { type Client, type ClientOptions, createClient } from "../../src/index.ts";
import type { Answer, FakeGate, StartGate } from "./fake-gate.ts";
import { startGrpcGate } from "./grpc-gate.ts";
import { startHttpGate } from "./http-gate.ts";

/** A client and the gates it speaks with, over one wire. */
export interface Wire {
  readonly name: string;
  readonly startGate: StartGate;
  readonly createClient: (options: ClientOptions) => Client;
}

/** Both wires: what holds for a client holds over each. */
export const wires: readonly Wire[] = [
  { name: "HTTP", startGate: startHttpGate, createClient },
  { name: "gRPC", startGate: startGrpcGate, createClient: createGrpcClient },
];

/** What a test leaves open, closed in reverse order. */
export class Cleanups {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

/** Starts gates and a client of them. `random` 0 makes it start with the first. */
export async function connected(
  wire: Wire,
  cleanups: Cleanups,
  answers: readonly Answer[],
  options: Partial<ClientOptions> = {},
): Promise<{ readonly client: Client; readonly gates: readonly FakeGate[] }> {
  const gates = await Promise.all(answers.map((answer) => wire.startGate(answer)));
  for (const gate of gates) cleanups.add(() => gate.close());
  const client = wire.createClient({ gates: gates.map(({ address }) => address), random: () => 0, ...options });
  cleanups.add(() => client.close());
  return { client, gates };
}

/** The failure of a promise; throws when it succeeds or fails with something else. */
export async function failureOf(promise: Promise<unknown>): Promise<GoverseError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof GoverseError) return outcome;
  throw new Error(`expected a GoverseError, got ${String(outcome)}`, { cause: outcome });
}

/** Answers nothing, ever. */
export const hang: Answer = () => new Promise(() => {});

/** An event of a room. */
export function roomEvent(event: string, json?: string): ClientEvent {
  return { source: { type: "Room", id: "a/b" }, event, payload: json === undefined ? undefined : jsonPayload(json) };
}
