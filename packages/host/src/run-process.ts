import { GoverseError, type Logger, silentLogger } from "@goverse/core";
import { watchParent } from "./parent-watch.ts";
import { PRESETS } from "./presets.ts";
import { HelpRequested, UsageError } from "./usage-error.ts";

/** Exit statuses of our programs. A second signal ends with 128 plus its number, as shells expect. */
export const EXIT_STATUS = {
  /** Stopped as asked. */
  ok: 0,
  /** Could not start, or ended by itself with an error: the message says why. */
  failed: 1,
  /** The command line or the environment is wrong. */
  usage: 2,
  /** A bug: an error nobody caught. */
  internal: 70,
  /** Asked to stop and did not manage in time. */
  stopTimeout: 75,
} as const;

/** What a program's main function is given. */
export interface ProcessContext {
  /** Aborted when the process is asked to stop, also while it is still starting. */
  readonly signal: AbortSignal;
  /** Hands over what the frame around the program needs, as soon as it is known. */
  configure(settings: ProcessSettings): void;
}

/** What a program tells the frame around it. */
export interface ProcessSettings {
  readonly logger?: Logger;
  readonly stopTimeoutMs?: number;
  /**
   * Whether a promise that was rejected and that nobody awaits is logged instead of ending the process. For programs that run other
   * people's code, where one forgotten `await` must not take everybody's objects down. Default false.
   */
  readonly surviveRejections?: boolean;
}

/** A program that has started. */
export interface RunningProgram {
  /** Ends everything; called once. */
  stop(reason: string): Promise<void>;
  /** Resolves or rejects when the program ends by itself. Default: it never does. */
  readonly ended?: Promise<void>;
}

/**
 * A second signal this soon is the first one again: a terminal signals the whole group, and package managers and supervisors in that
 * group pass theirs on. Nobody who means it the second time is faster.
 */
const SAME_SIGNAL_MS = 500;

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type StopSignal = keyof typeof SIGNAL_NUMBERS;

/**
 * Runs a program in this process until it is told to stop, then ends the process.
 *
 * - SIGINT, SIGTERM, SIGHUP, or the end of the parent (IPC channel or `GOVERSE_PARENT_PID`): `stop` once, within the deadline.
 * - A second signal: ends at once.
 * - An error nobody caught: logged, and the process ends at once, because nobody knows what state it is in. A rejected promise that
 *   nobody awaits is one too, unless the program says otherwise.
 */
export function runProcess(main: (context: ProcessContext) => Promise<RunningProgram>): void {
  new ProcessFrame().run(main);
}

class ProcessFrame {
  #logger: Logger = silentLogger;
  #stopTimeoutMs = PRESETS.production.stopTimeoutMs;
  #surviveRejections = false;
  #stopAskedAtMs: number | undefined;
  readonly #stopAsked = new AbortController();

  run(main: (context: ProcessContext) => Promise<RunningProgram>): void {
    for (const signal of Object.keys(SIGNAL_NUMBERS) as StopSignal[]) process.on(signal, () => this.#onSignal(signal));
    watchParent(process, process.env["GOVERSE_PARENT_PID"], () => this.#askToStop("the parent process is gone"));
    process.on("uncaughtException", (error) => this.#onUncaught(error));
    process.on("unhandledRejection", (error) => this.#onRejection(error));
    // A closed terminal or a reader that went away is no reason to crash.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    this.#live(main).then(
      () => this.#exit(EXIT_STATUS.ok),
      (error: unknown) => this.#exit(this.#explain(error)),
    );
  }

  async #live(main: (context: ProcessContext) => Promise<RunningProgram>): Promise<void> {
    // Keeps the process alive while nothing else does: a program that waits is not a program that ended.
    const alive = setInterval(() => {}, 2 ** 30);
    const { signal } = this.#stopAsked;
    const program = await main({ signal, configure: (settings) => this.#configure(settings) });
    const asked = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      await Promise.race([asked, program.ended ?? asked]);
    } finally {
      // Also when it failed: what it started has to end in good order, and in time.
      if (!signal.aborted) this.#startDeadline();
      await program.stop(signal.aborted ? String(signal.reason) : "the program ended");
      clearInterval(alive);
    }
  }

  #configure({ logger, stopTimeoutMs, surviveRejections }: ProcessSettings): void {
    this.#surviveRejections = surviveRejections ?? this.#surviveRejections;
    this.#logger = logger ?? this.#logger;
    this.#stopTimeoutMs = stopTimeoutMs ?? this.#stopTimeoutMs;
  }

  #onSignal(signal: StopSignal): void {
    if (this.#stopAskedAtMs === undefined) this.#askToStop(signal);
    else if (performance.now() - this.#stopAskedAtMs > SAME_SIGNAL_MS) this.#exit(128 + SIGNAL_NUMBERS[signal]);
  }

  #askToStop(reason: string): void {
    if (this.#stopAskedAtMs !== undefined) return;
    this.#stopAskedAtMs = performance.now();
    this.#logger.info("stopping", { reason });
    this.#startDeadline();
    this.#stopAsked.abort(reason);
  }

  #startDeadline(): void {
    setTimeout(() => {
      this.#logger.error("could not stop in time", { stopTimeoutMs: this.#stopTimeoutMs });
      this.#exit(EXIT_STATUS.stopTimeout);
    }, this.#stopTimeoutMs);
  }

  #onRejection(error: unknown): void {
    if (this.#surviveRejections) this.#logger.error("a promise was rejected and nobody awaited it", { error });
    else this.#onUncaught(error);
  }

  #onUncaught(error: unknown): void {
    this.#logger.error("an error nobody caught ends this process", { error });
    if (this.#logger === silentLogger) printError(error);
    this.#exit(EXIT_STATUS.internal);
  }

  /** Says why the program ended, and with which status. */
  #explain(error: unknown): number {
    if (error instanceof HelpRequested) {
      process.stdout.write(error.text);
      return EXIT_STATUS.ok;
    }
    // A start that was interrupted is a stop.
    if (this.#stopAsked.signal.aborted && isAbort(error)) return EXIT_STATUS.ok;
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT_STATUS.usage;
    }
    printError(error);
    return isExpected(error) ? EXIT_STATUS.failed : EXIT_STATUS.internal;
  }

  #exit(status: number): never {
    // oxlint-disable-next-line unicorn/no-process-exit -- the one place that ends a process: open sockets would keep it alive
    process.exit(status);
  }
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "AbortError" || (error instanceof GoverseError && error.code === "CANCELLED"))
  );
}

/** Whether a person can mend it without reading our source. */
function isExpected(error: unknown): error is GoverseError {
  return error instanceof GoverseError && error.code !== "INTERNAL";
}

/** One line for what a person can mend; the stack for a bug. */
function printError(error: unknown): void {
  process.stderr.write(`${isExpected(error) ? error.message : describe(error)}\n`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}
