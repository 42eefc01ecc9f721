import { GoverseError } from "@goverse/core";
import { Gate, GATE_VERSION, type GateOptions } from "@goverse/gate";
import {
  createLogger,
  orUsageError,
  PRESETS,
  type ProcessContext,
  resolveOptions,
  runProcess,
  type RunningProgram,
} from "@goverse/host";
import { createProfiling, ProfilingOptionsError } from "@goverse/profiling";
import { announce } from "./announce.ts";
import { GATE_OPTIONS, gateOptions } from "./options.ts";

const PROGRAM = { name: "goverse-gate", summary: "A GoVerse gate: the door for clients.", version: GATE_VERSION };

runProcess(async (frame: ProcessContext): Promise<RunningProgram> => {
  const input = { program: PROGRAM, table: GATE_OPTIONS, argv: process.argv.slice(2), env: process.env };
  const options = resolveOptions(input);
  const logger = createLogger({ name: "gate", level: options.logLevel, json: options.logJson });
  frame.configure({ logger, stopTimeoutMs: PRESETS[options.preset].stopTimeoutMs });
  const profiling = orUsageError(
    () => createProfiling({ access: { token: options.opsToken }, logger }),
    ProfilingOptionsError,
  );
  const mountOps: GateOptions["mountOps"] = (app) => void app.use(profiling.router.routes());
  const gate = orUsageError(() => new Gate({ ...gateOptions(options), mountOps, logger }), GoverseError);
  frame.signal.addEventListener("abort", () => void gate.stop(), { once: true });
  announce(gate);
  await gate.start();
  // Sampling begins when the process is ready: to begin it takes a quarter of a second that a starting cluster needs for itself.
  gate.ready.then(
    () => profiling.start(),
    () => {},
  );
  return {
    stop: async () => {
      // Whoever waits for a profile gets what there is, before the ports close.
      await profiling.stop();
      await gate.stop();
    },
  };
});
