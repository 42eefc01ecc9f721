import * as inspector from "node:inspector";
import { type InspectorSession, openInspectorSession } from "../inspector-session.ts";
import type { CpuProfile } from "./cpu-profile.ts";

/** A recording that has begun. */
export interface CpuRecording {
  /** Ends it and returns what was recorded since. Once only. */
  end(): Promise<CpuProfile>;
}

interface Pending {
  /** Set when the engine has delivered; a `console.profileEnd()` in the service's own code can make that early. */
  profile: CpuProfile | undefined;
}

/**
 * Any number of overlapping CPU recordings on one sampler. `Profiler.start` allows one for each session and pauses the process
 * each time it builds a sampler; named recordings of the console share one.
 */
export class CpuHub {
  readonly #intervalUs: number;
  readonly #pending = new Map<string, Pending>();
  #session: Promise<InspectorSession> | undefined;
  #users = 0;
  #made = 0;

  /** @param intervalUs time between two samples, in microseconds */
  constructor(intervalUs: number) {
    this.#intervalUs = intervalUs;
  }

  /** Begins a recording. Rejects with `InspectorUnavailableError` where the inspector is forbidden. */
  async begin(): Promise<CpuRecording> {
    this.#users += 1;
    try {
      this.#session ??= this.#open();
      await this.#session;
    } catch (error) {
      this.#session = undefined;
      this.#users -= 1;
      throw error;
    }
    this.#made += 1;
    const title = `goverse-cpu-${this.#made}`;
    this.#pending.set(title, { profile: undefined });
    inspector.console.profile(title);
    return { end: () => this.#end(title) };
  }

  async #open(): Promise<InspectorSession> {
    const session = openInspectorSession();
    session.on("Profiler.consoleProfileFinished", (params) => {
      const { title = "", profile } = params as { title?: string; profile: CpuProfile };
      const pending = this.#pending.get(title);
      if (pending !== undefined) pending.profile = profile;
    });
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: this.#intervalUs });
    return session;
  }

  async #end(title: string): Promise<CpuProfile> {
    const pending = this.#pending.get(title);
    if (pending === undefined) throw new Error(`the CPU recording ${title} has been ended before`);
    if (pending.profile === undefined) inspector.console.profileEnd(title);
    this.#pending.delete(title);
    await this.#release();
    if (pending.profile === undefined) throw new Error("the inspector did not return the CPU recording");
    return pending.profile;
  }

  async #release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const session = this.#session;
    this.#session = undefined;
    (await session)?.close();
  }
}
