import { GoverseError } from "@goverse/core";
import {
  createLogger,
  orUsageError,
  PRESETS,
  type ProcessContext,
  resolveOptions,
  runProcess,
  type RunningProgram,
  UsageError,
} from "@goverse/host";
import { createProfiling, ProfilingOptionsError } from "@goverse/profiling";
import { Server, SERVER_VERSION, type ServerOptions } from "@goverse/server";
import { announce } from "./announce.ts";
import { loadObjects } from "./load-objects.ts";
import { NODE_OPTIONS, serverOptions } from "./options.ts";
import { turnTasks } from "./turn-tasks.ts";

const PROGRAM = { name: "goverse-node", summary: "A GoVerse node: hosts objects.", version: SERVER_VERSION };

runProcess(async (frame: ProcessContext): Promise<RunningProgram> => {
  const input = { program: PROGRAM, table: NODE_OPTIONS, argv: process.argv.slice(2), env: process.env };
  const options = resolveOptions(input);
  const logger = createLogger({ name: "node", level: options.logLevel, json: options.logJson });
  frame.configure({ logger, stopTimeoutMs: PRESETS[options.preset].stopTimeoutMs, surviveRejections: true });
  if (options.objects.length === 0) {
    throw new UsageError(
      "--objects is missing: give the modules that export this node's object types, for example ./dist/objects.js",
    );
  }
  const objects = await loadObjects(options.objects);
  const started: { server?: Server } = {};
  const profiling = orUsageError(
    () => createProfiling({ tasks: turnTasks(() => started.server), access: { token: options.opsToken }, logger }),
    ProfilingOptionsError,
  );
  const mountOps: ServerOptions["mountOps"] = (app) => void app.use(profiling.router.routes());
  const server = orUsageError(() => new Server({ ...serverOptions(options), mountOps, objects, logger }), GoverseError);
  frame.signal.addEventListener("abort", () => void server.stop(), { once: true });
  announce(
    server,
    objects.map(({ contract }) => contract.name),
  );
  await server.start();
  started.server = server;
  // Sampling begins when the process is ready: to begin it takes a quarter of a second that a starting cluster needs for itself.
  server.ready.then(
    () => profiling.start(),
    () => {},
  );
  return {
    stop: async () => {
      // Whoever waits for a profile gets what there is, before the ports close.
      await profiling.stop();
      await server.stop();
    },
  };
});
