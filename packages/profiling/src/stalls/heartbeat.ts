import type { Stall } from "./attribute-stalls.ts";

/** From when on a turn is late, and by which clock. */
export interface HeartbeatOptions {
  /** Lateness from which a turn of the event loop counts as a stall, in milliseconds. */
  readonly thresholdMs: number;
  /** Microseconds of the clock that CPU recordings use. Default: `process.hrtime`. */
  readonly nowUs?: () => number;
}

/** Time between two beats: well below the threshold, and fifty timers a second cost nothing that can be measured. */
const BEAT_MS = 20;
/** Stalls that wait to be attributed. A process with more of them in one rotation is stuck all the time. */
const MAX_STALLS = 1000;

/** Notices when the event loop did not turn: a timer that comes late. */
export class Heartbeat {
  readonly #thresholdUs: number;
  readonly #nowUs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lastUs = 0;
  #stalls: Stall[] = [];

  constructor({ thresholdMs, nowUs = monotonicUs }: HeartbeatOptions) {
    this.#thresholdUs = thresholdMs * 1000;
    this.#nowUs = nowUs;
  }

  start(): void {
    this.#lastUs = this.#nowUs();
    this.#timer ??= setInterval(() => this.beat(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What the timer does: compares the time with that of the last beat. */
  beat(): void {
    const nowUs = this.#nowUs();
    const lateUs = nowUs - this.#lastUs - BEAT_MS * 1000;
    if (lateUs > this.#thresholdUs && this.#stalls.length < MAX_STALLS) {
      this.#stalls.push({ fromUs: this.#lastUs, toUs: nowUs });
    }
    this.#lastUs = nowUs;
  }

  /** The stalls since the last time this was asked. */
  drain(): readonly Stall[] {
    const stalls = this.#stalls;
    this.#stalls = [];
    return stalls;
  }
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
