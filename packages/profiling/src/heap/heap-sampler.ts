import { type InspectorSession, openInspectorSession } from "../inspector-session.ts";
import type { ProfilingLogger } from "../ports.ts";
import type { HeapProfile } from "./heap-profile.ts";

/**
 * The engine's sampler of live objects. It is one for the whole process: a debugger that stops its own stops this one too, and
 * then it is started again.
 */
export class HeapSampler {
  readonly #intervalBytes: number;
  readonly #logger: ProfilingLogger;
  #session: InspectorSession | undefined;
  #runs = 0;

  constructor(intervalBytes: number, logger: ProfilingLogger) {
    this.#intervalBytes = intervalBytes;
    this.#logger = logger;
  }

  /** How often sampling was begun. After each time the engine numbers its samples from 1 again. */
  get runs(): number {
    return this.#runs;
  }

  /** Begins to sample. Throws `InspectorUnavailableError` where the inspector is forbidden. */
  async start(): Promise<void> {
    this.#session ??= openInspectorSession();
    await this.#begin(this.#session);
  }

  /** What lives now. Costs a full collection: tens to hundreds of milliseconds, by the size of the heap. */
  async read(): Promise<HeapProfile | undefined> {
    const session = this.#session;
    if (session === undefined) return undefined;
    try {
      return await readProfile(session);
    } catch (error) {
      this.#logger.warn("heap sampling was stopped by somebody else, probably a debugger: it begins anew", {
        error: error instanceof Error ? error.message : String(error),
      });
      await this.#begin(session);
      return readProfile(session);
    }
  }

  async stop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    try {
      await session.post("HeapProfiler.stopSampling");
    } catch {
      // Somebody else has stopped it, which is what was wanted.
    }
    session.close();
  }

  async #begin(session: InspectorSession): Promise<void> {
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: this.#intervalBytes,
      includeObjectsCollectedByMajorGC: false,
      includeObjectsCollectedByMinorGC: false,
    });
    this.#runs += 1;
  }
}

async function readProfile(session: InspectorSession): Promise<HeapProfile> {
  const { profile } = (await session.post("HeapProfiler.getSamplingProfile")) as { profile: HeapProfile };
  return profile;
}
