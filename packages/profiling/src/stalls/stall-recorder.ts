import { performance } from "node:perf_hooks";
import type { FrameResolver } from "../code/frame-resolver.ts";
import type { CpuHub, CpuRecording } from "../cpu/cpu-hub.ts";
import type { Snapshot } from "../pprof/snapshot.ts";
import { StackTable } from "../pprof/stack-table.ts";
import type { ProfilingClock, ProfilingLogger } from "../ports.ts";
import type { ProfileSource } from "../profile-source.ts";
import { CONTENTION_TYPES } from "../queues/queue-profile.ts";
import { attributeStalls } from "./attribute-stalls.ts";
import { Heartbeat } from "./heartbeat.ts";

/** What stalls are recorded with. */
export interface StallRecorderOptions {
  readonly hub: CpuHub;
  readonly resolver: FrameResolver;
  readonly clock: ProfilingClock;
  readonly logger: ProfilingLogger;
  /** Lateness of the event loop that counts, in milliseconds. */
  readonly thresholdMs: number;
}

/** Length of one recording: short enough to cost little memory, long enough that ending it costs little time. */
const ROTATE_MS = 10_000;

/** The block profile: a recording that never ends, looked at where the event loop did not turn. */
export class StallRecorder {
  readonly #options: StallRecorderOptions;
  readonly #heartbeat: Heartbeat;
  readonly #table = new StackTable();
  #recording: CpuRecording | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rotation: Promise<void> | undefined;

  constructor(options: StallRecorderOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({ thresholdMs: options.thresholdMs });
  }

  /** Begins to record. Rejects with `InspectorUnavailableError` where the inspector is forbidden. */
  async start(): Promise<void> {
    this.#recording = await this.#options.hub.begin();
    this.#heartbeat.start();
    this.#timer = setInterval(() => void this.#rotateSafely(), ROTATE_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#heartbeat.stop();
    await this.#rotation;
    const recording = this.#recording;
    this.#recording = undefined;
    await recording?.end();
  }

  source(description: string): ProfileSource {
    return { name: "block", description, count: () => this.#table.size, take: () => this.#take() };
  }

  async #take(): Promise<Snapshot> {
    await this.#rotate();
    const share = Math.round(performance.eventLoopUtilization().utilization * 100);
    return {
      valueTypes: CONTENTION_TYPES,
      defaultType: "delay",
      periodType: CONTENTION_TYPES[0],
      period: 1,
      samples: this.#table.all(),
      comments: [
        `turns of the event loop that came more than ${this.#options.thresholdMs} ms late`,
        `the event loop was busy for ${share} % of the time since the process began`,
        ...(this.#recording === undefined ? ["the recorder of stalls is off"] : []),
      ],
      takenAtMs: this.#options.clock.wallMs(),
      durationMs: 0,
    };
  }

  async #rotateSafely(): Promise<void> {
    try {
      await this.#rotate();
    } catch (error) {
      this.#options.logger.warn("stalls of the last seconds could not be attributed", {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Requests that come together share one rotation. */
  async #rotate(): Promise<void> {
    this.#rotation ??= this.#rotateNow();
    await this.#rotation;
  }

  async #rotateNow(): Promise<void> {
    try {
      const recording = this.#recording;
      if (recording === undefined) return;
      // The timer may be late itself; what it would have noticed belongs to this recording.
      this.#heartbeat.beat();
      // The next begins before this one ends, so nothing is missed between them.
      this.#recording = await this.#options.hub.begin();
      const stalls = this.#heartbeat.drain();
      const profile = await recording.end();
      for (const { stack, stalls: count, delayUs } of attributeStalls(profile, stalls, this.#options.resolver)) {
        this.#table.add(stack, [count, delayUs * 1000]);
      }
    } finally {
      this.#rotation = undefined;
    }
  }
}
