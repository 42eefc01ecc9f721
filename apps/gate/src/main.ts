import { GoverseError } from "@goverse/core";
import { Gate, GATE_VERSION, type GateOptions } from "@goverse/gate";
import {
  createLogger,
  PRESETS,
  type ProcessContext,
  resolveOptions,
  runProcess,
  type RunningProgram,
  UsageError,
} from "@goverse/host";
import { announce } from "./announce.ts";
import { GATE_OPTIONS, gateOptions } from "./options.ts";

const PROGRAM = { name: "goverse-gate", summary: "A GoVerse gate: the door for clients.", version: GATE_VERSION };

runProcess(async (frame: ProcessContext): Promise<RunningProgram> => {
  const input = { program: PROGRAM, table: GATE_OPTIONS, argv: process.argv.slice(2), env: process.env };
  const options = resolveOptions(input);
  const logger = createLogger({ name: "gate", level: options.logLevel, json: options.logJson });
  frame.configure({ logger, stopTimeoutMs: PRESETS[options.preset].stopTimeoutMs });
  const gate = createGate({ ...gateOptions(options), logger });
  frame.signal.addEventListener("abort", () => void gate.stop(), { once: true });
  announce(gate);
  await gate.start();
  return { stop: () => gate.stop() };
});

/** What the gate finds wrong with its options is wrong with the command line. */
function createGate(options: GateOptions): Gate {
  try {
    return new Gate(options);
  } catch (error) {
    throw error instanceof GoverseError ? new UsageError(error.message, { cause: error }) : error;
  }
}
