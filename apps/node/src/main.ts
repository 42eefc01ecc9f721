import { GoverseError } from "@goverse/core";
import {
  createLogger,
  PRESETS,
  type ProcessContext,
  resolveOptions,
  runProcess,
  type RunningProgram,
  UsageError,
} from "@goverse/host";
import { Server, SERVER_VERSION, type ServerOptions } from "@goverse/server";
import { announce } from "./announce.ts";
import { loadObjects } from "./load-objects.ts";
import { NODE_OPTIONS, serverOptions } from "./options.ts";

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
  const server = createServer({ ...serverOptions(options), objects, logger });
  frame.signal.addEventListener("abort", () => void server.stop(), { once: true });
  announce(
    server,
    objects.map(({ contract }) => contract.name),
  );
  await server.start();
  return { stop: () => server.stop() };
});

/** What the server finds wrong with its options is wrong with the command line. */
function createServer(options: ServerOptions): Server {
  try {
    return new Server(options);
  } catch (error) {
    throw error instanceof GoverseError ? new UsageError(error.message, { cause: error }) : error;
  }
}
